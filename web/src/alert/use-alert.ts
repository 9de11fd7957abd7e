/** Tells of a ringing call where nobody looks: by tone, by notification. Both end with the ring. */

import { useLayoutEffect } from "preact/hooks";
import { isWanted, notify, permission } from "./notification";
import { showPresence } from "./sight";
import { listenForGestures, loudness, ring } from "./tone";

export interface Ringing {
  offerId: string;
  title: string;
  body: string;
  /** False while the agent talks: a tone would be in the caller's ear. */
  mayBeHeard: boolean;
}

/** Layout effects: the others wait for a paint or a timer, and a hidden tab has no paints and late timers. */
export function useAlert(ringing: Ringing | null): void {
  useLayoutEffect(showPresence, []);
  useLayoutEffect(listenForGestures, []);
  const id = ringing?.offerId;
  const { title = "", body = "", mayBeHeard = false } = ringing ?? {};
  const volume = loudness.value;
  useLayoutEffect(() => (id === undefined || !mayBeHeard ? undefined : ring()), [id, mayBeHeard, volume]);
  const isPossible = permission.value === "granted" && isWanted.value;
  useLayoutEffect(
    () => (id === undefined || !isPossible ? undefined : notify(title, body)),
    [id, title, body, isPossible],
  );
}
