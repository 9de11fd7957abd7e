/** Tells when a frame's effect is on the screen: the end of the measured pop latency. */

export interface Painter {
  /** Call after the frame was applied. */
  applied(offset: number): void;
  stop(): void;
}

/**
 * Two animation frames after it was applied, a change has been painted: the
 * first runs before the paint that contains it, the second after. A hidden page
 * paints nothing, so its frames are never reported: a pop seen ten minutes later
 * must not count as ten minutes of latency.
 */
export function painter(report: (offset: number) => void, page: Document = document): Painter {
  let pending: number[] = [];
  let isScheduled = false;

  function flush(): void {
    isScheduled = false;
    const painted = pending;
    pending = [];
    for (const offset of painted) report(offset);
  }

  function forget(): void {
    if (page.hidden) pending = [];
  }

  page.addEventListener("visibilitychange", forget);
  return {
    applied: (offset) => {
      if (page.hidden) return;
      pending.push(offset);
      if (isScheduled) return;
      isScheduled = true;
      requestAnimationFrame(() => requestAnimationFrame(flush));
    },
    stop: () => {
      pending = [];
      page.removeEventListener("visibilitychange", forget);
    },
  };
}
