/** Which part of the board's page is shown: the address's fragment, so that it can be passed on and gone back from. */

import { useEffect, useState } from "preact/hooks";

const WHY = "#why/";
/** The board itself. */
export const FLOOR = "#board";

/** The call whose history is asked for; null for the board itself. */
export function callInHash(hash: string): string | null {
  if (!hash.startsWith(WHY)) return null;
  try {
    return decodeURIComponent(hash.slice(WHY.length)) || null;
  } catch {
    return null;
  }
}

export function whyHref(callId: string): string {
  return WHY + encodeURIComponent(callId);
}

export function useCallInHash(): string | null {
  const [callId, setCallId] = useState(() => callInHash(location.hash));
  useEffect(() => {
    const follow = () => setCallId(callInHash(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return callId;
}
