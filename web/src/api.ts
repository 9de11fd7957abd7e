/** The HTTP side: who sits here, signing in and out, preferences. Outcomes are values, never exceptions. */

import type { Language } from "./i18n";
import type { CallList, Me, MyDay, Preferences, Problem, SignIn, SignInWays, Why } from "./wire";

export type Outcome<Value> =
  | { kind: "ok"; value: Value }
  /** `body` is what the answer said besides, where it says more than why. */
  | { kind: "refused"; code: Problem["code"]; body?: unknown }
  /** No answer, or none that can be read. */
  | { kind: "unreachable" };

/** What becomes of something that was not done. */
export type Failure = Exclude<Outcome<never>, { kind: "ok" }>;

/** Longer than any answer of a working server takes. */
const TIMEOUT_MS = 10_000;

const CODE_OF_STATUS: Record<number, Problem["code"]> = {
  400: "bad_request",
  401: "not_signed_in",
  403: "forbidden",
  404: "not_found",
  409: "bad_request",
  422: "bad_request",
};

export const fetchMe = () => ask<Me>("GET", "/api/me");
export const signIn = (body: SignIn) => ask<Me>("POST", "/api/session", body);
export const fetchSignInWays = () => ask<SignInWays>("GET", "/api/session/ways");
export const fetchMyDay = () => ask<MyDay>("GET", "/api/me/day");
export const signOut = () => ask<null>("DELETE", "/api/session");
export const changeLanguage = (language: Language) =>
  ask<Me>("PATCH", "/api/me", { language } satisfies Preferences);

/** `since`, `number`, `agent`, `outcome`, `limit`: see the API. */
export const fetchCalls = (wanted: Record<string, string>) =>
  ask<CallList>("GET", `/api/calls?${new URLSearchParams(wanted)}`);
export const fetchWhy = (callId: string) => ask<Why>("GET", `/api/calls/${encodeURIComponent(callId)}/why`);

export async function ask<Value>(method: string, path: string, body?: unknown): Promise<Outcome<Value>> {
  const init: RequestInit = { method, credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS) };
  if (body !== undefined) {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  try {
    const response = await fetch(path, init);
    if (response.status === 204) return { kind: "ok", value: null as Value };
    const answer: unknown = await response.json().catch(() => null);
    if (response.ok && answer !== null) return { kind: "ok", value: answer as Value };
    if (isProblem(answer)) return { kind: "refused", code: answer.code };
    const code = CODE_OF_STATUS[response.status];
    return code === undefined ? { kind: "unreachable" } : { kind: "refused", code, body: answer };
  } catch {
    return { kind: "unreachable" };
  }
}

function isProblem(answer: unknown): answer is Problem {
  return typeof answer === "object" && answer !== null && "code" in answer && typeof answer.code === "string";
}
