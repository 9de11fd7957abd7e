/** What the card's parts are made of. */

import { beforeEach, describe, expect, test } from "vitest";
import { said } from "../src/agent/counselling";
import { readDraft, writeDraft } from "../src/agent/draft";
import { daysUntil } from "../src/agent/due";
import { subjectOf } from "../src/agent/held";
import { matchOf } from "../src/agent/match";
import { toldFirst } from "../src/agent/pinned";
import { mayOffer } from "../src/agent/stop";
import { sentence } from "../src/agent/suggestions";
import { timelineOf } from "../src/agent/timeline";
import { language } from "../src/i18n";
import { createFigures } from "../src/i18n/figures";
import type { CounsellingQuestion, Note, Order, PastOrder, Reason, Stop } from "../src/wire";
import { card, offer } from "./samples";

language.value = "ja";

const note = (changes: Partial<Note>): Note => ({
  note_id: 1,
  kind: "note",
  text: "短いメモ",
  is_cut: false,
  author: null,
  is_pinned: false,
  created_at: "2026-03-01T00:00:00Z",
  updated_at: null,
  ...changes,
});
const reason = (changes: Partial<Reason>): Reason => ({
  code: "popular",
  product: null,
  due_on: null,
  question: null,
  answer: null,
  ...changes,
});
const QUESTION: CounsellingQuestion = {
  id: "skin",
  ja: "お肌の悩み",
  en: "Skin",
  type: "choices",
  options: [{ id: "dry", ja: "乾燥", en: "Dryness" }],
};

describe("the part that was looked for", () => {
  test.each([
    ["サトウ ハナコ", "さとうは", "サトウ ハ"],
    ["03-3700-1234", "1234", "1234"],
    ["03-3700-1234", "001234", "00-1234"],
    ["佐藤 花子", "花子", "花子"],
    ["W-77120", "w77", "W-77"],
    ["158-0094", "１５８", "158"],
  ])("of %s by %s is %s", (text, words, part) => {
    const match = matchOf(text, words);
    expect(match?.part).toBe(part);
    expect(`${match?.before}${match?.part}${match?.after}`).toBe(text);
  });

  test.each([
    ["佐藤", ""],
    ["佐藤", "-"],
    ["佐藤", "鈴木"],
    ["", "佐藤"],
  ])("of %s by %s is nowhere", (text, words) => {
    expect(matchOf(text, words)).toBeNull();
  });
});

describe("amounts that are typed", () => {
  const yen = createFigures("ja", "JPY");
  const dollars = createFigures("en", "USD");
  test("are read as people write them", () => {
    expect(["1980", "1,980円", "１９８０", "¥1,980 "].map(yen.minorOf)).toEqual([1980, 1980, 1980, 1980]);
    expect(["19.80", "$19.8", "20"].map(dollars.minorOf)).toEqual([1980, 1980, 2000]);
  });
  test("are refused where they are none", () => {
    expect(["", "-5", "19.8", "1e9", "many", "99999999999"].map(yen.minorOf)).toEqual(Array(6).fill(null));
    expect(dollars.minorOf("1.005")).toBeNull();
  });
  test("begin with the price", () => {
    expect([yen.amount(1980), dollars.amount(1980)]).toEqual(["1980", "19.80"]);
  });
});

describe("the line of time with older pages", () => {
  const order: Order = {
    number: "A-1",
    channel: "web",
    source: "",
    status: "shipped",
    ordered_at: "2026-03-01T00:00:00Z",
    total_minor: 100,
    paid_minor: 0,
    returned_minor: 0,
    lines: [{ sku: "S1", name: "一", quantity: 1, unit_price_minor: 50 }],
    lines_total: 2,
  };
  const [line] = order.lines;
  if (line === undefined) throw new Error("a sample without a line");
  const past = (changes: Partial<PastOrder>): PastOrder => ({
    ...order,
    lines: [line, { ...line, sku: "S2" }],
    order_id: 1,
    ...changes,
  });

  test("tells what is in both once, with the card's state and all its lines", () => {
    const older = {
      orders: [past({ status: "open" }), past({ number: "A-0", ordered_at: "2025-01-01T00:00:00Z" })],
      contacts: [],
      notes: [],
    };
    const shown = timelineOf({ ...card(), orders: [order] }, "orders", older);
    expect(shown.map((entry) => entry.kind === "order" && entry.order.number)).toEqual(["A-1", "A-0"]);
    const [first] = shown;
    if (first?.kind !== "order") throw new Error("no order");
    expect([first.order.status, first.order.lines.length]).toEqual(["shipped", 2]);
  });

  test("tells a note in full, unless it was changed since", () => {
    const cut = note({ text: "長い", is_cut: true });
    const full = note({ text: "長いメモの全文" });
    const older = { orders: [], contacts: [], notes: [full] };
    const texts = (now: Note) =>
      timelineOf({ ...card(), notes: [now] }, "notes", older).map(
        (entry) => entry.kind === "note" && entry.note.text,
      );
    expect(texts(cut)).toEqual(["長いメモの全文"]);
    expect(texts(note({ text: "直した", updated_at: "2026-03-02T00:00:00Z" }))).toEqual(["直した"]);
  });
});

describe("days until a product is due", () => {
  test.each([
    ["2026-03-07", 0],
    ["2026-03-10", 3],
    ["2026-03-01", -6],
  ])("%s is %d", (day, days) => {
    // 7 March 01:00 in Tokyo is still the sixth in London.
    expect(daysUntil(day, Date.parse("2026-03-06T16:00:00Z"), "Asia/Tokyo")).toBe(days);
  });
});

describe("what is told first", () => {
  test("is what is pinned, and the newest hand-over", () => {
    const notes = [
      note({ note_id: 1, is_pinned: true }),
      note({ note_id: 2, kind: "handover", created_at: "2026-03-05T00:00:00Z" }),
      note({ note_id: 3 }),
      note({ note_id: 4, kind: "handover", created_at: "2026-02-05T00:00:00Z" }),
    ];
    expect(toldFirst(notes).map((each) => each.note_id)).toEqual([1, 2]);
  });
});

describe("what may be offered", () => {
  const stop = (code: Stop["code"]): Stop => ({ code, thank_yous: 0, thank_yous_needed: 3, opens_on: null });
  const offered = (code: Reason["code"]) => ({
    sku: "S1",
    name: "一",
    category: "",
    price_minor: 1,
    reason: reason({ code }),
  });
  test("is everything, what runs out, or nothing", () => {
    const both = [offered("popular"), offered("replenishment")];
    const may = (why: Stop | null) => both.map((each) => mayOffer(why, each));
    expect(may(null)).toEqual([true, true]);
    expect(may(stop("trust_gate"))).toEqual([false, true]);
    expect(may(stop("open_complaint"))).toEqual([false, false]);
    expect(may(stop("excluded"))).toEqual([false, false]);
  });
});

describe("the sentence of a reason", () => {
  test("names what it is about", () => {
    for (const code of ["bought_with", "bought_together", "bought_after", "favourite_like"] as const) {
      expect(sentence(reason({ code, product: "煎茶" }), [])).toContain("煎茶");
    }
    expect(sentence(reason({ code: "replenishment", due_on: "2026-03-07" }), [])).toContain("2026年3月7日");
    const soon = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    expect(sentence(reason({ code: "replenishment", due_on: soon }), [])).toContain("そろそろ");
    expect(sentence(reason({ code: "replenishment", due_on: "2020-01-01" }), [])).toContain("もうなくなった");
    const counselled = reason({ code: "counselling", question: "skin", answer: "dry" });
    expect(sentence(counselled, [QUESTION])).toContain("乾燥");
  });
  test("is the plainest where a part is missing", () => {
    const plainest = sentence(reason({}), []);
    expect(sentence(reason({ code: "bought_with" }), [])).toBe(plainest);
    expect(sentence(reason({ code: "replenishment" }), [])).toBe(plainest);
    expect(sentence(reason({ code: "counselling", question: "skin", answer: "gone" }), [QUESTION])).toBe(
      plainest,
    );
  });
});

test("an answer is said in words, and as it was kept where the question is gone", () => {
  const answered_at = "2026-03-01T00:00:00Z";
  expect(said({ question: "skin", answer: ["dry", "old"], answered_at }, [QUESTION])).toBe("乾燥、old");
  expect(said({ question: "gone", answer: true, answered_at }, [])).toBe("はい");
  expect(said({ question: "cups", answer: 3, answered_at }, [])).toBe("3");
});

test("another card is another subject, the same customer's fresh card is not", () => {
  const shown = { ...offer("o1"), lookup: "found" as const, card: card() };
  const fresh = { ...shown, card: { ...card(), assembled_at: "2026-03-08T00:00:00Z" } };
  expect(subjectOf(fresh)).toBe(subjectOf(shown));
  expect(subjectOf({ ...shown, offer_id: "o2" })).not.toBe(subjectOf(shown));
  expect(subjectOf({ ...shown, lookup: "unknown", card: null })).not.toBe(subjectOf(shown));
  expect(subjectOf(null)).not.toBe(subjectOf(shown));
});

describe("a draft", () => {
  const kept = new Map<string, string>();
  beforeEach(() => {
    kept.clear();
    globalThis.localStorage = {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
      removeItem: (name: string) => void kept.delete(name),
    } as Storage;
  });

  test("is kept by customer with its key, and gone when it is empty", () => {
    const draft = { key: "k1", text: "書きかけ", kind: "handover" as const, isPinned: true };
    writeDraft(7, draft);
    expect(readDraft(7)).toEqual(draft);
    expect(readDraft(8).text).toBe("");
    writeDraft(7, { ...draft, text: "" });
    expect(readDraft(7).key).not.toBe("k1");
  });

  test.each(["", "no JSON", "null", "7", '{"text":7,"kind":"song"}'])(
    "is new where %j was kept",
    (stored) => {
      kept.set("cti-bridge.draft.7", stored);
      expect(readDraft(7)).toMatchObject({ text: "", kind: "note", isPinned: false });
    },
  );
});
