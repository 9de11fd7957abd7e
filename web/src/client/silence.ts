/**
 * Tells when nothing has been heard for too long, by a clock that no one sets.
 *
 * A timer of a hidden or frozen tab comes late, and may come before the
 * messages that arrived meanwhile. So one that is late judges nothing: it
 * waits once more, as long as a beat needs to come.
 */

import { BEAT_INTERVAL_S } from "../wire";
import type { Timers } from "./ports";

/** Two beats did not come. With the wait for the next attempt a dead link is told within 10 s. */
export const SILENT_MS = (2 * BEAT_INTERVAL_S + 2) * 1000;
/** Within this a beat comes, if any does. */
export const GRACE_MS = (BEAT_INTERVAL_S + 1) * 1000;
/** Timers of a visible tab are never this late, those of a hidden one nearly always. */
const LATE_MS = 500;

export interface Silence {
  heard(): void;
  /** The machine may have slept: unless something is heard within a beat's time, it is silent. */
  doubt(): void;
  stop(): void;
}

/** Watches until stopped or until it called `onSilent`, once. */
export function watchSilence(timers: Timers, onSilent: () => void, limitMs = SILENT_MS): Silence {
  let heardAt = timers.ticks();
  let isForgiven = false;
  let cancel = () => {};

  function look(due: number): void {
    const now = timers.ticks();
    const silentMs = now - heardAt;
    if (silentMs < limitMs) {
      wait(limitMs - silentMs);
    } else if (now - due > LATE_MS && !isForgiven) {
      isForgiven = true;
      wait(GRACE_MS);
    } else {
      onSilent();
    }
  }

  function wait(ms: number): void {
    const due = timers.ticks() + ms;
    cancel = timers.after(ms, () => look(due));
  }

  wait(limitMs);
  return {
    heard: () => {
      heardAt = timers.ticks();
      isForgiven = false;
    },
    doubt: () => {
      cancel();
      heardAt = Math.min(heardAt, timers.ticks() - limitMs);
      isForgiven = true;
      wait(GRACE_MS);
    },
    stop: () => cancel(),
  };
}
