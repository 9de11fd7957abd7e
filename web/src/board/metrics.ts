/** The board's figures from its rows. Pure. */

import type { BoardView } from "../store";
import type { AgentState, BoardAgent, BoardQueue, Totals } from "../wire";

export interface Metrics {
  waiting: number;
  queuesWaiting: number;
  longestSince: string | null;
  ready: number;
  onDuty: number;
  agentsByState: ReadonlyMap<AgentState, number>;
}

const NO_TOTALS: Totals = {
  offered: 0,
  answered: 0,
  answered_in_time: 0,
  abandoned: 0,
  wait_answered_s: 0,
  threshold_s: 20,
};

export function totalsOf(view: BoardView): Totals {
  return view.totals ?? NO_TOTALS;
}

export function metricsOf(view: BoardView): Metrics {
  const queues = [...view.queues.values()];
  const agentsByState = new Map<AgentState, number>();
  for (const agent of view.agents.values()) {
    agentsByState.set(agent.state, (agentsByState.get(agent.state) ?? 0) + 1);
  }
  return {
    waiting: queues.reduce((sum, queue) => sum + queue.waiting_since.length, 0),
    queuesWaiting: queues.filter((queue) => queue.waiting_since.length > 0).length,
    longestSince: earliest(queues.flatMap((queue) => queue.waiting_since.slice(0, 1))),
    ready: agentsByState.get("ready") ?? 0,
    onDuty: [...view.agents.values()].filter(isOnDuty).length,
    agentsByState,
  };
}

function isOnDuty(agent: BoardAgent): boolean {
  return agent.state !== "offline" && agent.status !== "signed_out";
}

/** How long somebody has waited beyond the threshold counts, not how many wait. */
export function isOver(since: string | null, thresholdS: number, nowMs: number): boolean {
  return since !== null && nowMs - Date.parse(since) > thresholdS * 1000;
}

export function longestOf(queue: BoardQueue): string | null {
  return queue.waiting_since[0] ?? null;
}

function earliest(instants: readonly string[]): string | null {
  return instants.reduce<string | null>(
    (first, each) => (first === null || Date.parse(each) < Date.parse(first) ? each : first),
    null,
  );
}
