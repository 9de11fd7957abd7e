/** Who sits here, and which page that person belongs on. */

import { signal } from "@preact/signals";
import * as api from "./api";
import { centre, type Language, language, speak } from "./i18n";
import type { Me } from "./wire";

export type Session =
  /** Not asked yet, or not answered yet. */
  { kind: "asking"; isUnreachable: boolean } | { kind: "out"; hasEnded: boolean } | { kind: "in"; me: Me };

export const session = signal<Session>({ kind: "asking", isUnreachable: false });

const RETRY_MS = 3_000;

/** Asks until there is an answer: a page opened before the server must come up by itself. */
export async function begin(): Promise<void> {
  const outcome = await api.fetchMe();
  if (outcome.kind === "ok") {
    enter(outcome.value);
  } else if (saysSignedOut(outcome)) {
    session.value = { kind: "out", hasEnded: false };
  } else {
    session.value = { kind: "asking", isUnreachable: true };
    setTimeout(begin, RETRY_MS);
  }
}

/** Only this answer says that nobody is signed in; a store that is away says nothing about it. */
function saysSignedOut(outcome: api.Outcome<Me>): boolean {
  return outcome.kind === "refused" && outcome.code === "not_signed_in";
}

export function enter(me: Me): void {
  centre.value = { currency: me.currency, timeZone: me.time_zone };
  speak(me.language);
  session.value = { kind: "in", me };
}

/** The server says that nobody is signed in any more. */
export function expired(): void {
  session.value = { kind: "out", hasEnded: true };
}

/** A link that does not come back may be a session that ended: asks, and leaves when it did. */
export async function confirm(): Promise<void> {
  const outcome = await api.fetchMe();
  if (saysSignedOut(outcome) && session.value.kind === "in") expired();
}

export async function leave(): Promise<void> {
  await api.signOut();
  session.value = { kind: "out", hasEnded: false };
}

/** Changes at once; that the server remembers it may come later, or fail, without undoing it here. */
export function chooseLanguage(next: Language): void {
  if (next === language.value) return;
  speak(next);
  const now = session.value;
  if (now.kind !== "in") return;
  session.value = { kind: "in", me: { ...now.me, language: next } };
  void api.changeLanguage(next);
}

/** The page of this person's job. */
export function homeOf(me: Me): "/agent" | "/board" {
  return me.role === "agent" ? "/agent" : "/board";
}
