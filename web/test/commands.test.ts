/** Commands: one key a wish, the same key again where no answer came, every answer a value. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { colleaguesFor, dialled } from "../src/colleagues";
import { type CommandResult, carryOut, wishFor } from "../src/commands";
import type { Colleague } from "../src/wire";

const PARK = { type: "park", call_id: "c1" } as const;

function answer(body: unknown, status = 200): Response {
  return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
}

let bodies: { key: string; command: unknown }[] = [];

/** Each answer in turn; the last one for ever. */
function answering(...answers: (() => Response)[]): void {
  let at = 0;
  vi.stubGlobal("fetch", async (_path: string, init: RequestInit) => {
    bodies.push(JSON.parse(String(init.body)));
    const next = answers[Math.min(at++, answers.length - 1)];
    if (next === undefined) throw new Error("nothing to answer");
    return next();
  });
}

async function settled(asked: Promise<CommandResult>): Promise<CommandResult> {
  await vi.runAllTimersAsync();
  return asked;
}

beforeEach(() => {
  bodies = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const cut = () => {
  throw new TypeError("network");
};
const done = () => answer({ outcome: "done", code: null, detail: "701" });

describe("a wish", () => {
  test("has a key of its own, as the server takes them", () => {
    const [one, other] = [wishFor(PARK), wishFor(PARK)];
    expect(one.key).not.toBe(other.key);
    expect(one.key).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
  });

  test("has one without TLS too", () => {
    vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
    expect(wishFor(PARK).key).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
    expect(wishFor(PARK).key).not.toBe(wishFor(PARK).key);
  });

  test.each([
    ["cut off", cut],
    ["of a proxy", () => answer("<html>", 502)],
    ["of nothing", () => answer("null", 500)],
  ])("is sent again under the same key when the answer was %s", async (_, lost) => {
    answering(lost, lost, done);
    const wish = wishFor(PARK);
    expect(await settled(carryOut(wish))).toEqual({ kind: "done", detail: "701" });
    expect(bodies).toEqual([1, 2, 3].map(() => ({ key: wish.key, command: PARK })));
  });

  test("is given up after the third time", async () => {
    answering(cut);
    expect(await settled(carryOut(wishFor(PARK)))).toEqual({ kind: "unreachable" });
    expect(bodies).toHaveLength(3);
  });

  test.each<[string, () => Response, CommandResult]>([
    [
      "refused",
      () => answer({ outcome: "refused", code: "busy", detail: "x" }, 409),
      { kind: "refused", code: "busy" },
    ],
    [
      "not confirmed",
      () => answer({ outcome: "unconfirmed", code: null, detail: "x" }, 504),
      { kind: "unconfirmed" },
    ],
    [
      "not heard",
      () => answer({ code: "not_signed_in", detail: "x" }, 401),
      { kind: "problem", code: "not_signed_in" },
    ],
  ])("that was %s is not sent again", async (_, said, result) => {
    answering(said);
    expect(await settled(carryOut(wishFor(PARK)))).toEqual(result);
    expect(bodies).toHaveLength(1);
  });
});

describe("colleagues", () => {
  const colleague = (
    name: string,
    reading: string,
    number: string | null,
    can_be_called = true,
  ): Colleague => ({
    agent_id: name,
    name,
    reading,
    number,
    can_be_called,
    state: can_be_called ? "ready" : "talking",
  });
  const all = [
    colleague("伊藤 真理", "イトウ マリ", "1004", false),
    colleague("高橋 由美", "タカハシ ユミ", "1002"),
    colleague("渡辺 さおり", "わたなべ さおり", null, false),
  ];
  const found = (words: string) => colleaguesFor(words, all).map(({ name }) => name);

  test("are found by name, reading in either kana, narrow or wide, and number", () => {
    for (const words of ["由美", "たかはし", "タカハシ", "ﾀｶﾊｼ", "１００２", "002"])
      expect(found(words), words).toEqual(["高橋 由美"]);
    expect(found("ワタナベ")).toEqual(["渡辺 さおり"]);
    expect(found("山本")).toEqual([]);
  });

  test("who can take a call stand first, nobody is left out", () => {
    expect(found(" ")).toEqual(["高橋 由美", "伊藤 真理", "渡辺 さおり"]);
  });

  test.each([
    ["03-1234-5678", "0312345678"],
    ["０３（１２３４）５６７８", "0312345678"],
    ["+81 90 1234 5678", "+819012345678"],
    ["*8", "*8"],
    ["たかはし", null],
    ["1004 です", null],
    ["", null],
    ["1".repeat(33), null],
  ])("%s is dialled as %s", (words, number) => expect(dialled(words)).toBe(number));
});
