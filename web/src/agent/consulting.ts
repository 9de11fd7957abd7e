/** Words with a transfer's target that were begun here: the call waits on hold until they are over. */

import { signal } from "@preact/signals";
import type { Offer } from "../wire";

export interface Consultation {
  readonly offerId: string;
  /** Whom it is with, as people say it. */
  readonly who: string;
  /** The PBX has said that the call is on hold for it. */
  readonly isHeld: boolean;
}

const NAME = "cti-bridge.consulting";

/** One at a time: a telephone has no more. Kept by the tab, since a page may be loaded again meanwhile. */
export const consultation = signal<Consultation | null>(read());

export function begin(offerId: string, who: string): void {
  keep({ offerId, who, isHeld: false });
}

export function end(): void {
  if (consultation.peek() !== null) keep(null);
}

/** Follows what the PBX says: taken back from hold, or over, there is nobody left to consult. */
export function follow(offers: readonly Offer[]): void {
  const now = consultation.peek();
  if (now === null) return;
  const offer = offers.find((each) => each.offer_id === now.offerId);
  if (offer === undefined || (offer.state === "talking" && now.isHeld)) keep(null);
  else if (offer.state === "held" && !now.isHeld) keep({ ...now, isHeld: true });
}

function keep(next: Consultation | null): void {
  consultation.value = next;
  try {
    if (next === null) sessionStorage.removeItem(NAME);
    else sessionStorage.setItem(NAME, JSON.stringify(next));
  } catch {
    // Storage may be forbidden: it is known as long as the page is open.
  }
}

function read(): Consultation | null {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(NAME) ?? "null");
    if (typeof found !== "object" || found === null) return null;
    const { offerId, who, isHeld } = found as Record<string, unknown>;
    if (typeof offerId !== "string" || typeof who !== "string") return null;
    return { offerId, who, isHeld: isHeld === true };
  } catch {
    return null;
  }
}
