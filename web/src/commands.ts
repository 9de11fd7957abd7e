/** Commands to the PBX over HTTP: one key for each wish, the same key for its retries, outcomes as values. */

import type { CommandBody, CommandOutcome, Problem, RefusalCode } from "./wire";

export type Command = CommandBody["command"];

/** What somebody wants once, however often it has to be sent. */
export interface Wish {
  readonly key: string;
  readonly command: Command;
}

export type CommandResult =
  /** The PBX's own event said so. `detail`: what it chose, for example the parking slot. */
  | { kind: "done"; detail: string }
  | { kind: "refused"; code: RefusalCode }
  /** The PBX was asked and told nothing within the time: it may yet happen. */
  | { kind: "unconfirmed" }
  /** The server would not hear it. */
  | { kind: "problem"; code: Problem["code"] }
  /** No answer that can be read: whether it was heard is not known. The same wish may be sent again. */
  | { kind: "unreachable" };

export type CommandTrouble = Exclude<CommandResult, { kind: "done" }>;

/** Longer than the bridge waits for a PBX: 5 s for its answer, 10 s for a transfer's target to be dialled. */
const TIMEOUT_MS = 20_000;
/** How long it waits before it sends a wish again that found nobody; the last one is given up after. */
const PAUSES_MS = [300, 1_000];

export function wishFor(command: Command): Wish {
  return { key: newKey(), command };
}

/** Sends a wish until there is an answer, as often as `PAUSES_MS` allows. Never rejects. */
export async function carryOut(wish: Wish): Promise<CommandResult> {
  for (const pause of PAUSES_MS) {
    const result = await send(wish);
    if (result.kind !== "unreachable") return result;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return send(wish);
}

async function send({ key, command }: Wish): Promise<CommandResult> {
  try {
    const response = await fetch("/api/commands", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ key, command } satisfies CommandBody),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return read(await response.json());
  } catch {
    return { kind: "unreachable" };
  }
}

function read(answer: Partial<CommandOutcome> | Partial<Problem> | null): CommandResult {
  if (answer === null) return { kind: "unreachable" };
  if ("outcome" in answer) {
    const { outcome, code, detail } = answer;
    if (outcome === "done") return { kind: "done", detail: detail ?? "" };
    if (outcome === "unconfirmed") return { kind: "unconfirmed" };
    return { kind: "refused", code: code ?? "failed" };
  }
  const problem = answer as Partial<Problem>;
  return problem.code === undefined ? { kind: "unreachable" } : { kind: "problem", code: problem.code };
}

function newKey(): string {
  // Without TLS there is no randomUUID.
  if (crypto.randomUUID !== undefined) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");
}
