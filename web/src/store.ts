/**
 * What the pages show, as a pure function of the frames received.
 *
 * The law: a stale snapshot with the later frames applied equals a fresh
 * snapshot. Frames already applied, or with frames missing before them, change
 * nothing. Nothing here reads a clock.
 */

import { judge, type Position, positionOf } from "./client/position";
import type {
  AgentEnvelope,
  AgentSnapshot,
  BoardAgent,
  BoardCall,
  BoardDelta,
  BoardEnvelope,
  BoardQueue,
  BoardSnapshot,
  BoardSource,
  Desk,
  Instant,
  Latency,
  Notice,
  Offer,
  PartReason,
  Totals,
  WithdrawReason,
} from "./wire";

export interface AgentView {
  readonly position: Position | null;
  readonly desk: Desk | null;
  /** Live ones, oldest first. */
  readonly offers: readonly Offer[];
  /** Active ones, in a fixed order. */
  readonly notices: readonly Notice[];
  /** The last call that was talked and is over; its card can be looked at until the next one ends. */
  readonly last: Offer | null;
  /** How it ended at this agent; null where that is not known. */
  readonly lastEnd: PartReason | null;
  /** The last card is on the screen: from the end of its call until the next offer, or until put away. */
  readonly isLastOpen: boolean;
  /** What became of the last offer that left unanswered, until the next one. */
  readonly missed: Missed | null;
  /** The offer whose call became another's or part of another, until it is over. */
  readonly became: string | null;
}

export interface Missed {
  readonly offer: Offer;
  readonly reason: WithdrawReason;
  readonly at: Instant;
}

export const EMPTY_AGENT: AgentView = {
  position: null,
  desk: null,
  offers: [],
  notices: [],
  last: null,
  lastEnd: null,
  isLastOpen: false,
  missed: null,
  became: null,
};

export function applyAgent(view: AgentView, frame: AgentEnvelope): AgentView {
  if (judge(view.position, frame) !== "apply") return view;
  return { ...change(view, frame), position: positionOf(frame) };
}

function change(view: AgentView, frame: AgentEnvelope): AgentView {
  switch (frame.type) {
    case "snapshot":
      return snapshot(view, frame.data, frame.at);
    case "call.offered":
      return { ...view, offers: withOffer(view.offers, frame.data), isLastOpen: false, missed: null };
    case "call.transferred":
      // No new ring: what is on the screen stays there and bears another caller.
      return { ...view, offers: withOffer(view.offers, frame.data), became: frame.data.offer_id };
    case "card.resolved": {
      const { offer_id, lookup, card } = frame.data;
      return everywhere(view, offer_id, (offer) => ({ ...offer, lookup, card }));
    }
    case "call.answered": {
      const { offer_id, answered_at } = frame.data;
      return everywhere(view, offer_id, (offer) => ({ ...offer, state: "talking", answered_at }));
    }
    case "call.held": {
      const { offer_id, held_at } = frame.data;
      return everywhere(view, offer_id, (offer) => ({ ...offer, state: "held", held_at }));
    }
    case "call.resumed":
      return everywhere(view, frame.data.offer_id, (offer) => ({
        ...offer,
        state: "talking",
        held_at: null,
      }));
    case "call.recording": {
      const { offer_id, is_recorded, is_recording_muted } = frame.data;
      return everywhere(view, offer_id, (offer) => ({
        ...offer,
        call: { ...offer.call, is_recorded, is_recording_muted },
      }));
    }
    case "call.withdrawn": {
      const { offer_id, reason } = frame.data;
      const offer = view.offers.find((each) => each.offer_id === offer_id);
      if (offer === undefined) return view;
      const missed = { offer, reason, at: frame.at };
      return { ...view, offers: without(view.offers, offer_id), missed, became: still(view, offer_id) };
    }
    case "call.ended":
      return ended(view, frame.data.offer_id, frame.data.ended_at, frame.data.reason);
    case "agent.state":
      return { ...view, desk: frame.data };
    case "notice":
      return { ...view, notices: withNotice(view.notices, frame.data) };
  }
}

/** The server may keep an ended offer in its snapshot, so that a page loaded again still has the card. */
function snapshot(view: AgentView, data: AgentSnapshot, at: Instant): AgentView {
  const offers = data.offers.filter((offer) => isLive(offer)).sort(byAge);
  const ended = data.offers.filter((offer) => offer.state === "ended").sort(byAge);
  const fresh: AgentView = {
    ...view,
    desk: data.desk,
    offers,
    notices: data.notices.reduce(withNotice, [] as readonly Notice[]),
    missed: null,
    became: offers.some((offer) => offer.offer_id === view.became) ? view.became : null,
  };
  const told = ended.at(-1);
  // A call that was talked on and is not in the snapshot ended while nobody listened: its card stays.
  const silent = view.offers.find(
    (offer) => isTalk(offer) && data.offers.every((each) => each.offer_id !== offer.offer_id),
  );
  const last = told ?? (silent === undefined ? undefined : close(silent, at));
  const isOpen = offers.length === 0;
  if (last === undefined) return { ...fresh, isLastOpen: view.isLastOpen && isOpen };
  const isKnown = view.last?.offer_id === last.offer_id;
  const lastEnd = isKnown ? view.lastEnd : null;
  return { ...fresh, last, lastEnd, isLastOpen: isOpen && (isKnown ? view.isLastOpen : true) };
}

function ended(view: AgentView, offerId: string, endedAt: Instant, reason: PartReason): AgentView {
  const offer = view.offers.find((each) => each.offer_id === offerId);
  if (offer === undefined) return view;
  const offers = without(view.offers, offerId);
  const last = close(offer, endedAt);
  const isLastOpen = offers.length === 0;
  return { ...view, offers, last, lastEnd: reason, isLastOpen, became: still(view, offerId) };
}

/** Which offer became another's, now that this one is over. */
function still(view: AgentView, overId: string): string | null {
  return view.became === overId ? null : view.became;
}

function close(offer: Offer, endedAt: Instant): Offer {
  return { ...offer, state: "ended", ended_at: endedAt };
}

export function putAway(view: AgentView): AgentView {
  return { ...view, isLastOpen: false };
}

export function reopenLast(view: AgentView): AgentView {
  return view.last === null || view.offers.length > 0 ? view : { ...view, isLastOpen: true };
}

function isLive(offer: Offer): boolean {
  return offer.state === "ringing" || offer.state === "dialling" || isTalk(offer);
}

function isTalk(offer: Offer): boolean {
  return offer.state === "talking" || offer.state === "held";
}

function byAge(a: Offer, b: Offer): number {
  return Date.parse(a.rang_at) - Date.parse(b.rang_at) || (a.offer_id < b.offer_id ? -1 : 1);
}

function withOffer(offers: readonly Offer[], offer: Offer): readonly Offer[] {
  return [...without(offers, offer.offer_id), offer].sort(byAge);
}

function without(offers: readonly Offer[], offerId: string): readonly Offer[] {
  return offers.filter((offer) => offer.offer_id !== offerId);
}

/** Changes the offer wherever it is shown: among the live ones or as the last card. */
function everywhere(view: AgentView, offerId: string, edit: (offer: Offer) => Offer): AgentView {
  const offers = view.offers.map((offer) => (offer.offer_id === offerId ? edit(offer) : offer));
  const last = view.last;
  if (last === null || last.offer_id !== offerId) return { ...view, offers };
  const { lookup, card } = edit(last);
  return { ...view, offers, last: { ...last, lookup, card } };
}

function withNotice(notices: readonly Notice[], notice: Notice): readonly Notice[] {
  const others = notices.filter((each) => each.code !== notice.code);
  if (!notice.is_active) return others;
  return [...others, notice].sort((a, b) => (a.code < b.code ? -1 : 1));
}

export interface BoardView {
  readonly position: Position | null;
  readonly calls: ReadonlyMap<string, BoardCall>;
  readonly queues: ReadonlyMap<string, BoardQueue>;
  readonly agents: ReadonlyMap<string, BoardAgent>;
  readonly sources: ReadonlyMap<string, BoardSource>;
  readonly totals: Totals | null;
  readonly latency: Latency | null;
}

export const EMPTY_BOARD: BoardView = {
  position: null,
  calls: new Map(),
  queues: new Map(),
  agents: new Map(),
  sources: new Map(),
  totals: null,
  latency: null,
};

export function applyBoard(view: BoardView, frame: BoardEnvelope): BoardView {
  if (judge(view.position, frame) !== "apply") return view;
  const position = positionOf(frame);
  switch (frame.type) {
    case "snapshot":
      return { ...whole(frame.data), position };
    case "delta":
      return { ...delta(view, frame.data), position };
  }
}

const callId = (row: BoardCall) => row.call_id;
const queueId = (row: BoardQueue) => row.queue_id;
const agentId = (row: BoardAgent) => row.agent_id;
const sourceId = (row: BoardSource) => row.pbx;

function whole(data: BoardSnapshot): BoardView {
  return {
    position: null,
    calls: merged(new Map(), data.calls, callId, []),
    queues: merged(new Map(), data.queues, queueId, []),
    agents: merged(new Map(), data.agents, agentId, []),
    sources: merged(new Map(), data.sources, sourceId, []),
    totals: data.totals,
    latency: data.latency,
  };
}

function delta(view: BoardView, data: BoardDelta): BoardView {
  return {
    position: null,
    calls: merged(view.calls, data.calls, callId, data.calls_gone),
    queues: merged(view.queues, data.queues, queueId, data.queues_gone),
    agents: merged(view.agents, data.agents, agentId, data.agents_gone),
    sources: merged(view.sources, data.sources, sourceId, []),
    totals: data.totals ?? view.totals,
    latency: data.latency ?? view.latency,
  };
}

/** The same map where nothing changed, so that what is drawn from it need not be drawn again. */
function merged<Row>(
  rows: ReadonlyMap<string, Row>,
  changed: readonly Row[],
  id: (row: Row) => string,
  gone: readonly string[],
): ReadonlyMap<string, Row> {
  if (changed.length === 0 && gone.length === 0) return rows;
  const next = new Map(rows);
  for (const row of changed) next.set(id(row), row);
  for (const each of gone) next.delete(each);
  return next;
}
