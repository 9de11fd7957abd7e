/** Whom what was typed may mean: colleagues, a number, and why one of them cannot be called. */

import { colleaguesFor, dialled } from "../colleagues";
import { text } from "../i18n";
import type { Colleague } from "../wire";

export interface Target {
  readonly number: string;
  /** Null where it is just a number. */
  readonly name: string | null;
}

export type Option = { kind: "number"; number: string } | { kind: "colleague"; colleague: Colleague };

/** A number that was typed comes first, unless it is a colleague's own. */
export function optionsFor(words: string, all: readonly Colleague[]): readonly Option[] {
  const number = dialled(words);
  const found = colleaguesFor(words, all).map((colleague) => ({ kind: "colleague" as const, colleague }));
  if (number === null) return found;
  const theirs = found.filter(({ colleague }) => colleague.number === number);
  const others = found.filter(({ colleague }) => colleague.number !== number);
  return [...theirs, { kind: "number", number }, ...others];
}

export function targetOf(option: Option): Target | null {
  if (option.kind === "number") return { number: option.number, name: null };
  const { number, name } = option.colleague;
  return number === null ? null : { number, name };
}

/** Why the chosen one cannot be called; null where it can. */
export function whyNotTo(option: Option | null): string | null {
  const t = text.value;
  if (option === null) return t.control.why.noTarget;
  if (option.kind === "number") return null;
  const { number, name, state, can_be_called } = option.colleague;
  if (number === null) return t.control.why.noNumber;
  return can_be_called ? null : t.control.why.cannotTake(name, t.agentStates[state]);
}
