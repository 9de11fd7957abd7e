/** Where a browser stands in a topic, and whether a frame is the next one. */

export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** What a frame says of itself; all that is needed to judge it. */
export interface Placed {
  readonly epoch: string;
  readonly offset: number;
  readonly type: string;
}

/** `stale`: already applied. `gap`: frames are missing before it, so it must not be applied. */
export type Verdict = "apply" | "stale" | "gap";

/**
 * A snapshot stands on its own and needs no frame before it; only one from the
 * past of the same epoch is refused. Everything else must be the very next.
 */
export function judge(position: Position | null, frame: Placed): Verdict {
  const isSameEpoch = position !== null && position.epoch === frame.epoch;
  if (frame.type === "snapshot") {
    return isSameEpoch && frame.offset < position.offset ? "stale" : "apply";
  }
  if (!isSameEpoch) return "gap";
  if (frame.offset <= position.offset) return "stale";
  return frame.offset === position.offset + 1 ? "apply" : "gap";
}

export function positionOf(frame: Placed): Position {
  return { epoch: frame.epoch, offset: frame.offset };
}
