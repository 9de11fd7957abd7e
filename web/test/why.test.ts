/** Why a call popped or not, in words: every code has a sentence, in both languages, and says what it was given. */

import { afterEach, describe, expect, test } from "vitest";
import { callInHash, whyHref } from "../src/board/route";
import { language } from "../src/i18n";
import { whyJa } from "../src/i18n/why.ja";
import { isTelling, stepOf, VERDICT_LOOKS, verdictOf } from "../src/why/sentences";
import type { Step, StepName, Verdict, VerdictCode } from "../src/wire";
import { AT } from "./samples";

const NAMES = { a1001: "鈴木 恵子" };
const VERDICTS = Object.keys(VERDICT_LOOKS) as VerdictCode[];
const STEPS = Object.keys(whyJa.steps) as StepName[];

afterEach(() => {
  language.value = "ja";
});

const full: Omit<Required<Verdict>, "code"> = {
  agent_id: "a1001",
  endpoint: "PJSIP/1007",
  ms: 31.2,
  lookup: "found",
  reason: "timeout",
  kind: "private",
  number: "03-1234-5678",
  source: "cache",
  count: 2,
  seconds: 12.3,
  times: 1,
};

const step = (what: StepName, data: Step["data"] = {}): Step => ({ at: AT, ms: 0, what, data });

describe.each(["ja", "en"] as const)("in %s", (chosen) => {
  test.each(VERDICTS)("verdict %s is said whole", (code) => {
    language.value = chosen;
    for (const verdict of [{ code, ...full }, { code }]) {
      const said = verdictOf(verdict, NAMES);
      expect(said.length).toBeGreaterThan(5);
      expect(said).not.toMatch(/undefined|null|NaN|\[object/);
    }
  });

  test.each(STEPS)("step %s is said even where its fields are missing", (what) => {
    language.value = chosen;
    expect(stepOf(step(what), NAMES)).not.toMatch(/undefined|null|NaN|\[object/);
  });
});

test("what matters stands in the sentence", () => {
  expect(verdictOf({ code: "painted", ...full }, NAMES)).toBe(
    "鈴木 恵子 さんの画面に 31 ms で表示されました(カードあり)。",
  );
  expect(verdictOf({ code: "no_agent", endpoint: "PJSIP/1007" }, NAMES)).toContain("PJSIP/1007");
  expect(verdictOf({ code: "painted", ...full, times: 3 }, NAMES)).toContain("3回");
  expect(verdictOf({ code: "gap", seconds: 12.3 }, NAMES)).toContain("12秒");
  expect(verdictOf({ code: "gap" }, NAMES)).toBe(whyJa.gapNow);
  expect(verdictOf({ code: "no_screen", agent_id: "a9" }, NAMES)).toContain("a9");
});

test("steps name who and what", () => {
  const rang = { channel: "1.1", endpoint: "PJSIP/1001", agent_id: "a1001", is_offered: true };
  expect(stepOf(step("telephone_rang", rang), NAMES)).toBe("電話機 PJSIP/1001 が鳴りました(鈴木 恵子 さん)");
  expect(stepOf(step("telephone_rang", { ...rang, agent_id: null }), NAMES)).toContain("どの担当者");
  const answer = { lookup: "found", source: "cache", customer: "佐藤 花子", sharers: 0 };
  expect(stepOf(step("lookup_ended", answer), NAMES)).toBe("検索の結果: カードあり · 高速検索 · 佐藤 花子");
  expect(stepOf(step("lookup_ended", { ...answer, source: "", customer: null }), NAMES)).toBe(
    "検索の結果: カードあり",
  );
  expect(stepOf(step("in_sight", { gap_s: null }), NAMES)).toBe(whyJa.snapshot);
  const withheld = { direction: "inbound", kind: "private", e164: null, display: "", name: "" };
  expect(stepOf(step("caller_known", withheld), NAMES)).toContain("非通知");
});

test("an exchange's own doings are told apart from what tells why", () => {
  expect(isTelling(step("painted"))).toBe(true);
  expect(isTelling(step("bridge_entered"))).toBe(false);
});

test("a history's address leads back to its call", () => {
  for (const callId of ["main-1795381298.0", "東京/1 %#?", "%"]) {
    expect(callInHash(whyHref(callId))).toBe(callId);
  }
  for (const hash of ["", "#", "#why/", "#why/%", "#else"]) expect(callInHash(hash)).toBeNull();
});
