/** The pure parts of the pages: which call is shown, the timeline, cues, rows, figures. */

import { beforeAll, describe, expect, test } from "vitest";
import { cuesOf } from "../src/agent/cues";
import { nextOffer, ringingOffer, shownOffer } from "../src/agent/select";
import { timelineOf, totalOf } from "../src/agent/timeline";
import { isOver, metricsOf } from "../src/board/metrics";
import { callsInOrder, type Held, hold } from "../src/board/rows";
import { language } from "../src/i18n";
import { type AgentView, EMPTY_AGENT, EMPTY_BOARD } from "../src/store";
import type { BoardAgent, Card, Contact, Note, Offer, Order } from "../src/wire";
import { AT, at, boardAgent, boardCall, boardQueue, card, offer } from "./samples";

beforeAll(() => {
  language.value = "ja";
});

const NOW = Date.parse(AT);

describe("which call is shown", () => {
  const ringing = offer("ring", { rang_at: at(1) });
  const talking = offer("talk", { state: "talking", rang_at: at(2) });
  const held = offer("held", { state: "held", rang_at: at(0) });
  const view = (offers: Offer[], changes: Partial<AgentView> = {}) => ({
    ...EMPTY_AGENT,
    offers,
    ...changes,
  });

  test("a ring does not take a running talk off the screen", () => {
    expect(shownOffer(view([held, ringing, talking]), null)).toBe(talking);
    expect(shownOffer(view([held, ringing]), null)).toBe(held);
    expect(shownOffer(view([ringing]), null)).toBe(ringing);
  });

  test("what was chosen is shown while it lasts", () => {
    expect(shownOffer(view([ringing, talking]), "ring")).toBe(ringing);
    expect(shownOffer(view([talking]), "ring")).toBe(talking);
  });

  test("a call out is shown before one that rings", () => {
    const dialling = offer("dial", { state: "dialling", rang_at: at(5) });
    expect(shownOffer(view([ringing, dialling]), null)).toBe(dialling);
    expect(ringingOffer(view([dialling]))).toBeNull();
  });

  test("a word with a colleague does not take the waiting customer's card away", () => {
    const asking = offer("ask", { state: "talking" });
    const internal = { ...asking, call: { ...asking.call, direction: "internal" as const } };
    expect(shownOffer(view([held, internal]), null)).toBe(held);
    expect(shownOffer(view([internal, ringing]), null)).toBe(internal);
  });

  test("between calls the last card, until it is put away", () => {
    const last = offer("last", { state: "ended" });
    expect(shownOffer(view([], { last, isLastOpen: true }), null)).toBe(last);
    expect(shownOffer(view([], { last, isLastOpen: false }), null)).toBeNull();
  });

  test("next goes round", () => {
    const all = view([held, ringing, talking]);
    expect([held, ringing, talking].map((each) => nextOffer(all, each)?.offer_id)).toEqual([
      "ring",
      "talk",
      "held",
    ]);
    expect(nextOffer(view([]), null)).toBeNull();
    expect(ringingOffer(all)).toBe(ringing);
  });
});

describe("timeline", () => {
  const order: Order = {
    number: "W-1",
    channel: "web",
    status: "paid",
    ordered_at: at(-100),
    source: "",
    total_minor: 1,
    paid_minor: 0,
    returned_minor: 0,
    lines: [],
    lines_total: 0,
  };
  const contact: Contact = {
    channel: "call",
    direction: "in",
    occurred_at: at(-50),
    kind: "other",
    is_open: false,
    subject: "",
    handled_by: null,
  };
  const note: Note = {
    note_id: 1,
    text: "",
    author: null,
    kind: "note",
    is_cut: false,
    updated_at: null,
    is_pinned: false,
    created_at: at(-10),
  };
  const full: Card = {
    ...card(),
    orders: [{ ...order, ordered_at: at(-10) }, order],
    contacts: [contact],
    notes: [note],
  };

  test("is newest first, whatever kind", () => {
    expect(timelineOf(full, "all").map((entry) => entry.kind)).toEqual(["order", "contact", "order"]);
    expect(timelineOf(full, "orders")).toHaveLength(2);
    expect(timelineOf(full, "contacts")).toHaveLength(1);
    expect(timelineOf(full, "notes").map((entry) => entry.kind)).toEqual(["note"]);
  });

  test("says how many there are in all", () => {
    expect([totalOf(full, "all"), totalOf(full, "orders"), totalOf(full, "notes")]).toEqual([6, 2, 0]);
  });
});

describe("cues", () => {
  const me = { agent_id: "a1001" };
  const names = (changes: Partial<Card["cues"]>, profile: Partial<Card["profile"]> = {}, who = me) => {
    const base = card();
    const changed = { ...base, cues: { ...base.cues, ...changes }, profile: { ...base.profile, ...profile } };
    return cuesOf(changed, who, NOW).map((cue) => cue.name);
  };

  test("the usual customer", () => expect(names({})).toEqual(["yours", "last", "bought", "prefers"]));

  test("somebody else's customer", () =>
    expect(names({}, {}, { agent_id: "a9" })).toEqual(["last", "bought", "prefers", "dedicated"]));

  test("the first call", () =>
    expect(names({ is_first_call: true, last_call_at: null, orders_total: 0 })).toEqual([
      "yours",
      "first",
      "never",
      "prefers",
    ]));

  test("after years", () => expect(names({ last_call_at: "2024-01-01T00:00:00Z" })).toContain("absence"));

  test("calls daily: one line instead of two", () => {
    expect(names({ calls_7d: 5 })).toContain("often");
    expect(names({ calls_7d: 5 })).not.toContain("last");
  });

  test("a birthday comes first", () => expect(names({}, { birth_date: "1948-03-10" })[0]).toBe("birthday"));
});

describe("rows of the board", () => {
  const id = (row: string) => row;
  const shown = (rows: readonly Held<string>[]) => rows.map(({ row, isGone }) => (isGone ? `(${row})` : row));

  test("keep their places under the pointer", () => {
    const before = hold([], ["a", "b", "c"], id, false);
    const held = hold(before, ["new", "a", "c"], id, true);
    expect(shown(held)).toEqual(["a", "(b)", "c", "new"]);
    expect(shown(hold(held, ["new", "c"], id, true))).toEqual(["(a)", "(b)", "c", "new"]);
    expect(shown(hold(held, ["new", "a", "c"], id, false))).toEqual(["new", "a", "c"]);
  });

  test("a new call comes last", () => {
    const calls = [boardCall("b"), boardCall("a"), boardCall("z", { started_at: at(-60) })];
    expect(callsInOrder(calls).map((call) => call.call_id)).toEqual(["z", "a", "b"]);
  });
});

describe("figures of the board", () => {
  const agent = (
    agentId: string,
    state: BoardAgent["state"],
    changes: Partial<BoardAgent> = {},
  ): [string, BoardAgent] => [agentId, boardAgent(agentId, { state, ...changes })];

  test("are sums over queues and agents", () => {
    const view = {
      ...EMPTY_BOARD,
      queues: new Map([
        ["q1", boardQueue("q1", { waiting_since: [at(-30), at(-10)] })],
        ["q2", boardQueue("q2", { waiting_since: [at(-45)] })],
        ["q3", boardQueue("q3")],
      ]),
      agents: new Map([
        agent("1", "ready"),
        agent("2", "talking"),
        agent("3", "offline"),
        agent("4", "ready"),
        agent("5", "wrap_up"),
        agent("6", "talking", { status: "signed_out" }),
      ]),
    };
    expect(metricsOf(view)).toMatchObject({
      waiting: 3,
      queuesWaiting: 2,
      longestSince: at(-45),
      ready: 2,
      onDuty: 4,
    });
    expect(metricsOf(EMPTY_BOARD)).toMatchObject({ waiting: 0, longestSince: null, ready: 0, onDuty: 0 });
  });

  test("the threshold is passed after it, not at it", () => {
    expect(isOver(at(-20), 20, NOW)).toBe(false);
    expect(isOver(at(-21), 20, NOW)).toBe(true);
    expect(isOver(null, 20, NOW)).toBe(false);
  });
});
