/** Of several tabs one does it: whoever has the lock, and the next when that tab goes. */

/** Runs `begin` when it is this tab's turn; what that answers ends it. Answers with what gives the turn up. */
export function inTurn(name: string, begin: () => () => void): () => void {
  if (!("locks" in navigator)) return begin();
  const waiting = new AbortController();
  let end = () => {};
  let isOver = false;
  const turn = () => {
    if (isOver) return Promise.resolve();
    return new Promise<void>((resolve) => {
      const stop = begin();
      end = () => {
        stop();
        resolve();
      };
    });
  };
  // Rejected only when the turn was given up before it came.
  navigator.locks.request(name, { signal: waiting.signal }, turn).catch(() => {});
  return () => {
    isOver = true;
    end();
    waiting.abort();
  };
}
