/** Small whole values of the wire, for tests to change one thing of. */

import type { BoardAgent, BoardCall, BoardQueue, Card, Desk, Envelope, Offer } from "../src/wire";

export const AT = "2026-03-10T05:05:00Z";

/** AT and so many seconds. */
export function at(seconds: number): string {
  return new Date(Date.parse(AT) + seconds * 1000).toISOString();
}

export function frame<Type extends string, Data>(
  offset: number,
  type: Type,
  data: Data,
  epoch = "e1",
): Envelope<Type, Data> {
  return { v: 1, epoch, offset, topic: "agent:a1001", type, at: at(offset), data };
}

export function desk(changes: Partial<Desk> = {}): Desk {
  return {
    status: "available",
    state: "ready",
    state_since: AT,
    wrap_up_until: null,
    pause_reason: "",
    calls_today: 3,
    talk_s_today: 600,
    waiting: 0,
    longest_wait_since: null,
    ...changes,
  };
}

export function offer(id: string, changes: Partial<Offer> = {}): Offer {
  return {
    offer_id: id,
    state: "ringing",
    call: {
      call_id: `call-${id}`,
      pbx: "asterisk-1",
      direction: "inbound",
      caller: { kind: "number", e164: "+81312345678", display: "03-1234-5678", name: "" },
      dialled: "0120000111",
      queue: "受注窓口",
      started_at: AT,
      queued_at: AT,
      is_recorded: false,
      is_recording_muted: false,
    },
    transferred_by: null,
    rang_at: AT,
    answered_at: null,
    held_at: null,
    ended_at: null,
    lookup: "pending",
    card: null,
    ...changes,
  };
}

export function card(): Card {
  return {
    profile: {
      customer_id: 1,
      code: "C-1",
      name: "佐藤 花子",
      reading: "サトウ ハナコ",
      rank: "gold",
      birth_date: "1948-03-12",
      postcode: "158-0094",
      address: "東京都世田谷区玉川3丁目",
      email: "",
      preferred_channel: "call",
      dedicated_agent_id: "a1001",
      dedicated_agent_name: "鈴木 恵子",
      joined_on: "2016-04-02",
      numbers: [{ display: "03-1234-5678", e164: "+81312345678", label: "home" }],
    },
    sharers: [],
    cautions: [],
    cues: {
      is_first_call: false,
      last_call_at: "2026-03-07T01:00:00Z",
      calls_7d: 1,
      preferred_channel: null,
      contacts_total: 4,
      orders_total: 2,
      amount_total_minor: 12300,
      first_order_at: "2016-05-01T00:00:00Z",
      last_order_at: "2026-01-10T00:00:00Z",
    },
    segment: null,
    notes: [],
    due: [],
    stop: null,
    answers: [],
    orders: [],
    contacts: [],
    products: [],
    favourites: [],
    suggestions: [],
    totals: { notes: 0, orders: 2, contacts: 4, products: 0, sharers: 0 },
    assembled_at: AT,
  };
}

export function boardCall(id: string, changes: Partial<BoardCall> = {}): BoardCall {
  return {
    call_id: id,
    pbx: "asterisk-1",
    direction: "inbound",
    state: "queued",
    caller: { kind: "number", e164: "+81312345678", display: "03-1234-5678", name: "" },
    customer_name: null,
    rank: null,
    dialled: "0120000111",
    queue: "orders",
    ringing_agent_ids: [],
    talking_agent_ids: [],
    started_at: AT,
    queued_at: AT,
    answered_at: null,
    state_since: AT,
    ...changes,
  };
}

export function boardAgent(id: string, changes: Partial<BoardAgent> = {}): BoardAgent {
  return {
    agent_id: id,
    name: id,
    reading: id,
    pbx: "asterisk-1",
    endpoint: `PJSIP/${id}`,
    status: "available",
    state: "ready",
    state_since: AT,
    wrap_up_until: null,
    pause_reason: "",
    call_id: null,
    calls_today: 0,
    talk_s_today: 0,
    ...changes,
  };
}

export function boardQueue(id: string, changes: Partial<BoardQueue> = {}): BoardQueue {
  return {
    queue_id: id,
    pbx: "asterisk-1",
    queue: id,
    label: id,
    waiting_since: [],
    members: 3,
    ready: 1,
    offered: 10,
    answered: 8,
    answered_in_time: 7,
    abandoned: 1,
    ...changes,
  };
}
