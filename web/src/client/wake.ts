/** Notices what the socket does not: the network came back, the machine slept, somebody looks again. */

import type { Connection } from "./connection";

const STEP_MS = 5_000;
/** Background tabs slow timers down to once a minute; a longer silence is sleep, or the tab was frozen. */
const SLEPT_MS = 90_000;

/** Answers with a function that stops watching. */
export function watch(connection: Connection): () => void {
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - last > SLEPT_MS) connection.doubt();
    last = now;
  }, STEP_MS);
  const online = () => connection.reopen();
  // While the tab was hidden, the next attempt may have been a minute away.
  const shown = () => {
    if (!document.hidden) connection.retryNow();
  };
  addEventListener("online", online);
  document.addEventListener("visibilitychange", shown);
  return () => {
    clearInterval(timer);
    removeEventListener("online", online);
    document.removeEventListener("visibilitychange", shown);
  };
}
