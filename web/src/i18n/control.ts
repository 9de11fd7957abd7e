/** The shape of the words of the call's controls: the Japanese ones say what there must be. */

import type { controlJa } from "./control.ja";

/** What the agent's page has a PBX do, each with words of its own. */
export type Deed =
  | "originate"
  | "blind_transfer"
  | "begin_transfer"
  | "complete_transfer"
  | "cancel_transfer"
  | "hang_up"
  | "park"
  | "hold"
  | "unhold"
  | "mute"
  | "unmute"
  | "pause"
  | "unpause";

type Words<T> = {
  [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...args: infer Args) => string
      ? (...args: Args) => string
      : Words<T[K]>;
};
export type ControlWords = Words<typeof controlJa>;
