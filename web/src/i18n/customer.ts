/** The shape of the customer words: the Japanese ones say what there must be. */

import type { Card, Contact, Problem, SuggestionOutcome } from "../wire";
import type { customerJa } from "./customer.ja";

export type StageName = NonNullable<Card["segment"]>["stage"];
export type CardContactKind = Contact["kind"];
export type OutcomeKind = SuggestionOutcome["outcome"];
export type TroubleKind = Problem["code"] | "unreachable";

type Words<T> = {
  [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...args: infer Args) => string
      ? (...args: Args) => string
      : Words<T[K]>;
};
export type CustomerWords = Words<typeof customerJa>;
