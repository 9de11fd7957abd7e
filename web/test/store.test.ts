/** What the law does not say: the last card, the missed ring, rows that did not change. */

import { describe, expect, test } from "vitest";
import { applyAgent, applyBoard, EMPTY_AGENT, EMPTY_BOARD, putAway, reopenLast } from "../src/store";
import type { AgentEnvelope, AgentSnapshot, BoardDelta, Offer } from "../src/wire";
import { at, boardCall, boardQueue, card, desk, frame, offer } from "./samples";

function snapshot(offset: number, offers: Offer[], epoch = "e1"): AgentEnvelope {
  const data: AgentSnapshot = { desk: desk(), offers, notices: [] };
  return frame(offset, "snapshot", data, epoch);
}

function given(...frames: AgentEnvelope[]) {
  return frames.reduce(applyAgent, EMPTY_AGENT);
}

const talking = (id: string) => offer(id, { state: "talking", answered_at: at(1) });

describe("the last card", () => {
  const ended = given(
    snapshot(1, [talking("o1")]),
    frame(2, "call.ended", { offer_id: "o1", ended_at: at(90), reason: "transferred" as const }),
  );

  test("stays open after the end, until it is put away", () => {
    expect(ended.offers).toEqual([]);
    expect(ended.last).toMatchObject({ offer_id: "o1", state: "ended", ended_at: at(90) });
    expect(ended.lastEnd).toBe("transferred");
    expect(ended.isLastOpen).toBe(true);
    expect(putAway(ended).isLastOpen).toBe(false);
    expect(reopenLast(putAway(ended)).isLastOpen).toBe(true);
  });

  test("gives way to the next offer and can be opened when that is over", () => {
    const ringing = applyAgent(ended, frame(3, "call.offered", offer("o2")));
    expect(ringing.isLastOpen).toBe(false);
    expect(reopenLast(ringing).isLastOpen).toBe(false);
    const missed = applyAgent(
      ringing,
      frame(4, "call.withdrawn", { offer_id: "o2", reason: "abandoned" as const }),
    );
    expect(missed.missed).toMatchObject({ reason: "abandoned", at: at(4) });
    expect(reopenLast(missed).last?.offer_id).toBe("o1");
  });

  test("is kept where the call ended while nobody listened", () => {
    const back = applyAgent(given(snapshot(1, [talking("o1")])), snapshot(9, [], "e2"));
    expect(back.last).toMatchObject({ offer_id: "o1", state: "ended", ended_at: at(9) });
    expect(back.lastEnd).toBeNull();
    expect(back.isLastOpen).toBe(true);
  });

  test.each(["ringing", "dialling"] as const)("is not made of one %s that went unheard", (state) => {
    const back = applyAgent(given(snapshot(1, [offer("o1", { state })])), snapshot(9, [], "e2"));
    expect(back.last).toBeNull();
  });

  test("comes with a snapshot that still has it, and does not open again once put away", () => {
    const over = offer("o1", { state: "ended", answered_at: at(1), ended_at: at(5) });
    const loaded = given(snapshot(1, [over]));
    expect(loaded.offers).toEqual([]);
    expect(loaded.isLastOpen).toBe(true);
    expect(applyAgent(putAway(loaded), snapshot(2, [over])).isLastOpen).toBe(false);
  });

  test("takes a card that comes late", () => {
    const late = applyAgent(
      ended,
      frame(3, "card.resolved", { offer_id: "o1", lookup: "found" as const, card: card() }),
    );
    expect(late.last).toMatchObject({ state: "ended", lookup: "found" });
    expect(late.last?.card?.profile.name).toBe("佐藤 花子");
  });
});

describe("a call that became another's", () => {
  const consulting = offer("o1", { state: "talking", answered_at: at(1) });
  const passedOn = offer("o1", {
    state: "talking",
    answered_at: at(1),
    transferred_by: "山本 浩二",
    lookup: "found",
    card: card(),
  });
  const became = given(snapshot(1, [consulting]), frame(2, "call.transferred", passedOn));

  test("is shown in its place and said, without a ring", () => {
    expect(became.offers).toEqual([passedOn]);
    expect(became.became).toBe("o1");
  });

  test("leaves what was missed alone, unlike a ring", () => {
    const missed = given(
      snapshot(1, [consulting, offer("o2")]),
      frame(2, "call.withdrawn", { offer_id: "o2", reason: "timeout" as const }),
      frame(3, "call.transferred", passedOn),
    );
    expect(missed.missed?.reason).toBe("timeout");
  });

  test("is said until it is over, and in a snapshot as long as it lasts", () => {
    const over = frame(3, "call.ended", { offer_id: "o1", ended_at: at(9), reason: "completed" as const });
    expect(applyAgent(became, over).became).toBeNull();
    expect(applyAgent(became, snapshot(9, [passedOn], "e2")).became).toBe("o1");
    expect(applyAgent(became, snapshot(9, [], "e2")).became).toBeNull();
  });
});

describe("offers", () => {
  test("are oldest first, however they came, and none twice", () => {
    const view = given(
      snapshot(0, []),
      frame(1, "call.offered", offer("late", { rang_at: at(9) })),
      frame(2, "call.offered", offer("early", { rang_at: at(1) })),
      frame(3, "call.offered", offer("late", { rang_at: at(9), lookup: "found" as const, card: card() })),
    );
    expect(view.offers.map((each) => each.offer_id)).toEqual(["early", "late"]);
    expect(view.offers[1]?.lookup).toBe("found");
  });

  test("unknown to this page are not made up by later events", () => {
    const view = given(
      snapshot(0, []),
      frame(1, "call.answered", { offer_id: "ghost", answered_at: at(1) }),
      frame(2, "call.ended", { offer_id: "ghost", ended_at: at(2), reason: "completed" as const }),
    );
    expect(view.offers).toEqual([]);
    expect(view.last).toBeNull();
  });
});

test("a frame of another epoch that is no snapshot changes nothing", () => {
  const view = given(snapshot(5, []));
  expect(applyAgent(view, frame(6, "agent.state", desk({ waiting: 4 }), "e2"))).toBe(view);
});

test("what a delta does not touch stays the same object", () => {
  const first = applyBoard(EMPTY_BOARD, {
    ...frame(1, "snapshot", {
      calls: [boardCall("c1"), boardCall("c2")],
      queues: [boardQueue("orders")],
      agents: [],
      sources: [],
      totals: {
        offered: 1,
        answered: 1,
        answered_in_time: 1,
        abandoned: 0,
        wait_answered_s: 4,
        threshold_s: 20,
      },
      latency: {
        count: 0,
        server_p50_ms: null,
        server_p99_ms: null,
        painted_p50_ms: null,
        painted_p99_ms: null,
      },
    }),
    topic: "board",
  });
  const change: BoardDelta = {
    calls: [boardCall("c2", { state: "talking" })],
    calls_gone: [],
    queues: [],
    queues_gone: [],
    agents: [],
    agents_gone: [],
    sources: [],
    totals: null,
    latency: null,
  };
  const second = applyBoard(first, frame(2, "delta", change));
  expect(second.calls.get("c1")).toBe(first.calls.get("c1"));
  expect(second.calls.get("c2")?.state).toBe("talking");
  expect(second.queues).toBe(first.queues);
  expect(second.totals).toBe(first.totals);
});
