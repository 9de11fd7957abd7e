/** The time of the server, once a second, for every clock on the page. */

import { signal } from "@preact/signals";

/**
 * How far this machine's clock lags behind the server's. Every frame bears the
 * server's time and has travelled since, so the largest difference seen is the
 * closest to the truth.
 */
let lagMs: number | null = null;

export function serverNow(): number {
  return Date.now() + (lagMs ?? 0);
}

export function heard(at: string): void {
  const difference = Date.parse(at) - Date.now();
  if (Number.isNaN(difference)) return;
  if (lagMs === null || difference > lagMs) lagMs = difference;
}

/** Forgets what was learned: this machine's clock may have been set meanwhile. */
export function retune(): void {
  lagMs = null;
}

export const second = signal(serverNow());

/** Just after each full second, so that all clocks change together. */
function tick(): void {
  second.value = serverNow();
  setTimeout(tick, 1_020 - (Date.now() % 1_000));
}
tick();

/** The time now for texts that need not change every second, such as 3日前. Does not subscribe. */
export function nowForText(): number {
  return second.peek();
}
