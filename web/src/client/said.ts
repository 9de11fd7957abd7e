/** What the tabs of one browser say to each other. */

import type { Frame, LinkStatus } from "./connection";
import type { Position } from "./position";

/** Tabs that say it otherwise, from before an update, do not hear each other. */
export const RELAY_VERSION = 1;

export type Said<F extends Frame> =
  /** To the leader, from a tab that stands at `position`. */
  | { kind: "join"; tab: string; position: Position | null }
  | { kind: "ack"; position: Position }
  | { kind: "retry" }
  /** From the leader. `to`: whom the frame is for, null for everybody. */
  | { kind: "frame"; leader: string; frame: F; to: readonly string[] | null }
  | { kind: "status"; leader: string; status: LinkStatus }
  /** `position`: where everybody should be by now. */
  | { kind: "beat"; leader: string; position: Position | null };
