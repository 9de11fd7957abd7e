/** How long to wait before the next attempt to connect. */

/** A bridge that restarts is back within seconds; an agent must not wait longer than this for it. */
export const LONGEST_MS = 10_000;
const FIRST_MS = 500;

/**
 * Doubles with every attempt (0, 1, 2 …) up to LONGEST_MS, and of that between half
 * and all, at random: five hundred browsers must not come back in one instant.
 */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 20));
  return Math.round(ceiling * (0.5 + random / 2));
}
