/** The order of rows, and how they stay under the pointer. Pure. */

import type { BoardAgent, BoardCall, BoardQueue } from "../wire";

export interface Held<Row> {
  row: Row;
  /** No longer there; shown until the pointer leaves, so that the rows below do not move up. */
  isGone: boolean;
}

/**
 * The rows to draw. While somebody points at the table, every row keeps its
 * place: rows that went stay, dimmed, and new ones come last.
 */
export function hold<Row>(
  before: readonly Held<Row>[],
  rows: readonly Row[],
  id: (row: Row) => string,
  isPointedAt: boolean,
): readonly Held<Row>[] {
  if (!isPointedAt) return rows.map((row) => ({ row, isGone: false }));
  const now = new Map(rows.map((row) => [id(row), row]));
  const kept = before.map(({ row }) => {
    const current = now.get(id(row));
    now.delete(id(row));
    return current === undefined ? { row, isGone: true } : { row: current, isGone: false };
  });
  return [...kept, ...[...now.values()].map((row) => ({ row, isGone: false }))];
}

/** Oldest first: a new call comes last and moves nothing. */
export function callsInOrder(calls: Iterable<BoardCall>): BoardCall[] {
  return [...calls].sort(
    (a, b) => Date.parse(a.started_at) - Date.parse(b.started_at) || compare(a.call_id, b.call_id),
  );
}

/** By reading: where a name stands in the list never depends on what its owner does. */
export function agentsInOrder(agents: Iterable<BoardAgent>): BoardAgent[] {
  return [...agents].sort((a, b) => compare(a.reading, b.reading) || compare(a.agent_id, b.agent_id));
}

export function queuesInOrder(queues: Iterable<BoardQueue>): BoardQueue[] {
  return [...queues].sort((a, b) => compare(a.queue_id, b.queue_id));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
