/** Which call an agent looks at. Pure. */

import type { AgentView } from "../store";
import type { Offer } from "../wire";

/**
 * The one chosen by hand while it lasts; else the one being talked on, then one
 * on hold, then one being dialled, then the oldest that rings, then the last card
 * until it is put away. A ring never takes the card of a running talk off the
 * screen, and a word with a colleague never that of the customer who waits for it.
 */
export function shownOffer(view: AgentView, chosenId: string | null): Offer | null {
  const { offers } = view;
  return (
    offers.find((offer) => offer.offer_id === chosenId) ??
    offers.find((offer) => offer.state === "talking" && offer.call.direction !== "internal") ??
    offers.find((offer) => offer.state === "held") ??
    offers.find((offer) => offer.state === "talking") ??
    offers.find((offer) => offer.state === "dialling") ??
    offers[0] ??
    (view.isLastOpen ? view.last : null)
  );
}

/** The call after the shown one, round and round. */
export function nextOffer(view: AgentView, shown: Offer | null): Offer | null {
  const index = view.offers.findIndex((offer) => offer.offer_id === shown?.offer_id);
  return view.offers[(index + 1) % view.offers.length] ?? null;
}

/** The call whose ring is announced. */
export function ringingOffer(view: AgentView): Offer | null {
  return view.offers.find((offer) => offer.state === "ringing") ?? null;
}

/** Somebody speaks, or waits on hold. */
export function isAnswered(offer: Offer): boolean {
  return offer.state === "talking" || offer.state === "held";
}

export function isOver(offer: Offer): boolean {
  return offer.state === "ended" || offer.state === "withdrawn";
}
