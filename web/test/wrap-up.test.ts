/** Drafts of what is said of calls: each agent's alone, kept for a shift, whole or not at all. */

import { beforeEach, expect, test, vi } from "vitest";
import type { WrapUpDraft } from "../src/agent/wrap-up-draft";
import type { DispositionChoice } from "../src/wire";

const kept = new Map<string, string>();
Object.assign(globalThis, {
  localStorage: {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  },
});

const NOW = Date.parse("2026-04-08T10:00:00Z");
const KEY = "cti-bridge.wrap-up.a1";

/** As after a reload of the page: what is in memory is gone. */
async function page(agentId = "a1") {
  vi.resetModules();
  const drafts = await import("../src/agent/wrap-up-draft");
  drafts.openDrafts(agentId, NOW);
  return drafts;
}

async function draft(changes: Partial<WrapUpDraft> = {}): Promise<WrapUpDraft> {
  const { newWrapUp } = await page("nobody");
  const of = { offerId: "o1", callId: "c1", customerId: 1, who: "佐藤", answeredAt: "2026-04-08T09:00:00Z" };
  return { ...newWrapUp(of), ...changes };
}

beforeEach(() => kept.clear());

test("what was typed outlives the page, and is its agent's alone", async () => {
  const typed = await draft({ category: "order", disposition: "taken", amount: "54" });
  (await page()).keepDraft(typed);
  expect((await page()).draftOf("o1")).toEqual(typed);
  const other = await page("a2");
  expect(other.draftOf("o1")).toBeUndefined();
  expect(other.unsaid.value).toEqual([]);
});

test("what is not said yet waits, the oldest first", async () => {
  const later = await draft({ offerId: "o2", answeredAt: "2026-04-08T09:30:00Z" });
  const said = await draft({ offerId: "o3", isSaid: true });
  const first = await draft();
  const drafts = await page();
  for (const each of [later, said, first]) drafts.keepDraft(each);
  expect(drafts.unsaid.value.map((each) => each.offerId)).toEqual(["o1", "o2"]);
  drafts.dropDraft("o1");
  drafts.dropDraft("o2");
  drafts.dropDraft("o3");
  expect(kept.has(KEY)).toBe(false);
});

test("after a shift it is forgotten", async () => {
  const old = await draft({ answeredAt: "2026-04-07T21:59:59Z" });
  const young = await draft({ offerId: "o2", answeredAt: "2026-04-07T22:00:01Z" });
  kept.set(KEY, JSON.stringify({ o1: old, o2: young }));
  expect((await page()).unsaid.value.map((each) => each.offerId)).toEqual(["o2"]);
});

test.each(["", "null", "5", "[]", "{", '{"o1": null}', '{"o1": {"offerId": "o1"}}', '{"o1": 3}'])(
  "somebody else's text is no draft: %s",
  async (text) => {
    kept.set(KEY, text);
    expect((await page()).unsaid.value).toEqual([]);
  },
);

test("one broken draft costs the others nothing", async () => {
  const good = await draft();
  kept.set(KEY, JSON.stringify({ o1: good, o2: { ...good, offerId: "o2", amount: 5 } }));
  expect((await page()).unsaid.value).toEqual([good]);
});

test("what is required and missing is named in the order of the configuration", async () => {
  const { missingIn } = await page();
  const requires = ["customer", "amount", "follow_up_on", "note"] as DispositionChoice["requires"];
  const choice: DispositionChoice = { id: "x", ja: "x", en: "x", requires };
  const empty = await draft({ customerId: null });
  expect(missingIn(choice, empty, null, false)).toEqual(requires);
  expect(missingIn(choice, empty, 0, true)).toEqual(["customer", "follow_up_on"]);
  const full = await draft({ followUpOn: "2026-04-09", isNoted: true });
  expect(missingIn(choice, full, 5400, false)).toEqual([]);
  expect(missingIn({ ...choice, requires: [] }, empty, null, false)).toEqual([]);
});
