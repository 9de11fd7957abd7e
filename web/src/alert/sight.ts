/** Whether a person can see one of this browser's tabs of ours. */

import { inTurn } from "./turn";

const SEEN = "cti-bridge/seen/";
/** Locks exist only where randomUUID does. */
const MINE = SEEN + (crypto.randomUUID?.() ?? "");

/** While this tab is visible it holds a lock that the others can look for; answers with what ends that. */
export function showPresence(): () => void {
  let leave: (() => void) | null = null;
  const look = () => {
    if (document.hidden) {
      leave?.();
      leave = null;
    } else {
      leave ??= inTurn(MINE, () => () => {});
    }
  };
  look();
  document.addEventListener("visibilitychange", look);
  return () => {
    document.removeEventListener("visibilitychange", look);
    leave?.();
  };
}

export async function isAnyTabSeen(): Promise<boolean> {
  if (!document.hidden) return true;
  if (!("locks" in navigator)) return false;
  const { held = [] } = await navigator.locks.query();
  // This tab's own is let go of a moment after it was hidden.
  return held.some(({ name = "" }) => name.startsWith(SEEN) && name !== MINE);
}
