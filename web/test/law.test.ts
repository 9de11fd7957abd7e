/** The law: a stale snapshot with the later frames applied equals a fresh snapshot. */

import { describe, expect, test } from "vitest";
import {
  type AgentView,
  applyAgent,
  applyBoard,
  type BoardView,
  EMPTY_AGENT,
  EMPTY_BOARD,
} from "../src/store";
import type { AgentEnvelope, AgentSnapshot, BoardDelta, BoardEnvelope, BoardSnapshot } from "../src/wire";
import { type Chance, chance, SEEDS } from "./chance";
import { at, boardCall, boardQueue, card, desk, frame, offer } from "./samples";

const LENGTH = 60;

/** A stand-in for the server: what is true, changed in place, and the frame that tells of each change. */
class Floor {
  readonly truth: AgentSnapshot = { desk: desk(), offers: [], notices: [] };
  private born = 0;

  constructor(private readonly luck: Chance) {}

  step(offset: number): AgentEnvelope {
    const { luck, truth } = this;
    const ringing = truth.offers.filter((each) => each.state === "ringing" || each.state === "dialling");
    const talking = truth.offers.filter((each) => each.state === "talking");
    const held = truth.offers.filter((each) => each.state === "held");
    const now = at(offset);
    const possible: (() => AgentEnvelope)[] = [
      () => {
        const state = luck.pick(["ringing", "dialling"] as const);
        const next = offer(`o${++this.born}`, { rang_at: now, state });
        truth.offers.push(next);
        return frame(offset, "call.offered", structuredClone(next));
      },
      () => {
        const state = luck.pick(["ready", "paused", "wrap_up"] as const);
        truth.desk = desk({
          waiting: luck.below(9),
          state,
          status: luck.pick(["available", "paused"] as const),
          wrap_up_until: state === "wrap_up" ? now : null,
        });
        return frame(offset, "agent.state", truth.desk);
      },
      () => {
        const code = luck.pick(["pbx_lost", "records_unavailable", "cache_unavailable"] as const);
        const notice = { code, is_active: luck.next() < 0.5, since: now };
        truth.notices = truth.notices.filter((each) => each.code !== code);
        if (notice.is_active) truth.notices.push(notice);
        return frame(offset, "notice", notice);
      },
    ];
    if (truth.offers.length > 0) {
      possible.push(() => {
        const target = luck.pick(truth.offers);
        const call = { ...target.call, call_id: `call-${offset}`, started_at: now };
        const lookup = luck.pick(["found", "pending"] as const);
        Object.assign(target, { call, lookup, transferred_by: luck.pick(["山本 浩二", null]) });
        target.card = lookup === "found" ? card() : null;
        return frame(offset, "call.transferred", structuredClone(target));
      });
      possible.push(() => {
        const target = luck.pick(truth.offers);
        target.lookup = luck.pick(["found", "unknown", "unavailable"] as const);
        target.card = target.lookup === "found" ? card() : null;
        const { offer_id, lookup } = target;
        return frame(offset, "card.resolved", { offer_id, lookup, card: target.card });
      });
    }
    if (truth.offers.length > 0) {
      possible.push(() => {
        const target = luck.pick(truth.offers);
        const heard = { is_recorded: luck.next() < 0.8, is_recording_muted: luck.next() < 0.5 };
        target.call = { ...target.call, ...heard };
        return frame(offset, "call.recording", { offer_id: target.offer_id, ...heard });
      });
    }
    if (ringing.length > 0) {
      possible.push(() => {
        const target = luck.pick(ringing);
        Object.assign(target, { state: "talking", answered_at: now });
        return frame(offset, "call.answered", { offer_id: target.offer_id, answered_at: now });
      });
      possible.push(() => {
        const { offer_id } = this.remove(luck.pick(ringing).offer_id);
        return frame(offset, "call.withdrawn", { offer_id, reason: "abandoned" as const });
      });
    }
    if (talking.length > 0) {
      possible.push(() => {
        const target = luck.pick(talking);
        Object.assign(target, { state: "held", held_at: now });
        return frame(offset, "call.held", { offer_id: target.offer_id, held_at: now });
      });
      possible.push(() => {
        const { offer_id } = this.remove(luck.pick(talking).offer_id);
        const reason = luck.pick(["completed", "transferred", "parked", "lost"] as const);
        return frame(offset, "call.ended", { offer_id, ended_at: now, reason });
      });
    }
    if (held.length > 0) {
      possible.push(() => {
        const target = luck.pick(held);
        Object.assign(target, { state: "talking", held_at: null });
        return frame(offset, "call.resumed", { offer_id: target.offer_id });
      });
    }
    return luck.pick(possible)();
  }

  snapshot(offset: number): AgentEnvelope {
    return frame(offset, "snapshot", structuredClone(this.truth));
  }

  private remove(offerId: string) {
    this.truth.offers = this.truth.offers.filter((each) => each.offer_id !== offerId);
    return { offer_id: offerId };
  }
}

/** What the server knows of; the last card and the missed ring are this page's own. */
function told({ position, desk: own, offers, notices }: AgentView) {
  return { position, desk: own, offers, notices };
}

describe.each(SEEDS)("agent topic, seed %i", (seed) => {
  const luck = chance(seed);
  const floor = new Floor(luck);
  const snapshots = [floor.snapshot(0)];
  const events: AgentEnvelope[] = [];
  for (let offset = 1; offset <= LENGTH; offset += 1) {
    events.push(floor.step(offset));
    snapshots.push(floor.snapshot(offset));
  }
  const fresh = snapshots.map((each) => told(applyAgent(EMPTY_AGENT, each)));

  test("stale snapshot and later events are a fresh snapshot", () => {
    for (const start of [0, luck.below(LENGTH), luck.below(LENGTH)]) {
      const stale = snapshots[start];
      if (stale === undefined) throw new Error("no such snapshot");
      let view = applyAgent(EMPTY_AGENT, stale);
      for (const event of events.slice(start)) {
        view = applyAgent(view, event);
        expect(told(view)).toEqual(fresh[event.offset]);
      }
    }
  });

  test("frames again, from the past or after a hole change nothing", () => {
    let view = applyAgent(EMPTY_AGENT, snapshots[0] as AgentEnvelope);
    for (const event of events) {
      const later = events[event.offset + 1 + luck.below(5)];
      const earlier = events[luck.below(event.offset)];
      if (later !== undefined) expect(applyAgent(view, later)).toBe(view);
      view = applyAgent(view, event);
      if (earlier !== undefined) expect(applyAgent(view, earlier)).toBe(view);
      expect(applyAgent(view, event)).toBe(view);
    }
    expect(told(view)).toEqual(fresh[LENGTH]);
  });
});

describe.each(SEEDS)("board topic, seed %i", (seed) => {
  const luck = chance(seed);
  const truth: BoardSnapshot = {
    calls: [],
    queues: [boardQueue("orders"), boardQueue("support")],
    agents: [],
    sources: [],
    totals: {
      offered: 0,
      answered: 0,
      answered_in_time: 0,
      abandoned: 0,
      wait_answered_s: 0,
      threshold_s: 20,
    },
    latency: {
      count: 0,
      server_p50_ms: null,
      server_p99_ms: null,
      painted_p50_ms: null,
      painted_p99_ms: null,
    },
  };

  function step(): BoardDelta {
    const gone = truth.calls.filter(() => luck.next() < 0.2).map((call) => call.call_id);
    const kept = truth.calls.filter((call) => !gone.includes(call.call_id));
    const changed = kept
      .filter(() => luck.next() < 0.3)
      .map((call) => ({ ...call, state: "talking" as const }));
    const fresh = luck.next() < 0.6 ? [boardCall(`c${luck.below(10_000)}`)] : [];
    const calls = [...changed, ...fresh];
    const ids = new Set(calls.map((call) => call.call_id));
    truth.calls = [...kept.filter((call) => !ids.has(call.call_id)), ...calls];
    const totals = luck.next() < 0.5 ? { ...truth.totals, offered: truth.totals.offered + 1 } : null;
    truth.totals = totals ?? truth.totals;
    return {
      calls,
      calls_gone: gone,
      queues: [],
      queues_gone: [],
      agents: [],
      agents_gone: [],
      sources: [],
      totals,
      latency: null,
    };
  }

  test("stale snapshot and later deltas are a fresh snapshot", () => {
    let view = applyBoard(EMPTY_BOARD, frame(0, "snapshot", structuredClone(truth)) as BoardEnvelope);
    for (let offset = 1; offset <= LENGTH; offset += 1) {
      const event: BoardEnvelope = frame(offset, "delta", step());
      view = applyBoard(applyBoard(view, event), event);
      const fresh = applyBoard(
        EMPTY_BOARD,
        frame(offset, "snapshot", structuredClone(truth)) as BoardEnvelope,
      );
      expect(sorted(view)).toEqual(sorted(fresh));
    }
  });
});

function sorted(view: BoardView) {
  return { ...view, calls: [...view.calls].sort(([a], [b]) => (a < b ? -1 : 1)) };
}
