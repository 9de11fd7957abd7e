/** Notices what the socket does not: the network came back, the machine slept. */

import type { Connection } from "./connection";

const STEP_MS = 5_000;
/** Background tabs slow timers down to once a minute; only a longer silence is sleep. */
const SLEPT_MS = 90_000;

/** Answers with a function that stops watching. */
export function watch(connection: Connection): () => void {
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - last > SLEPT_MS) connection.reopen();
    last = now;
  }, STEP_MS);
  const online = () => connection.reopen();
  addEventListener("online", online);
  return () => {
    clearInterval(timer);
    removeEventListener("online", online);
  };
}
