/** Colleagues: asked for over HTTP, and looked for among them by name, reading or number. */

import { matchOf } from "./agent/match";
import { ask } from "./api";
import type { Colleague, Colleagues } from "./wire";

export const fetchColleagues = () => ask<Colleagues>("GET", "/api/colleagues");

/** Whom the words may mean, those first who can take a call now. */
export function colleaguesFor(words: string, all: readonly Colleague[]): readonly Colleague[] {
  const meant = all.filter(
    ({ name, reading, number }) =>
      words.trim() === "" || [name, reading, number ?? ""].some((text) => matchOf(text, words) !== null),
  );
  return [...meant].sort((a, b) => Number(b.can_be_called) - Number(a.can_be_called));
}

/** What was typed, where it is something a telephone can dial; else null. The server decides in the end. */
export function dialled(words: string): string | null {
  const bare = words.normalize("NFKC").replace(/[\s().\-/‐‑–—−ー・]/g, "");
  return /^\+?[0-9*#]{1,32}$/.test(bare) ? bare : null;
}
