/** What to call the caller, in one short text. */

import { text } from "./i18n";
import type { BoardCall, CallSummary, Offer } from "./wire";

/** The number for people, or the reason there is none. */
export function numberOf(caller: Offer["call"]["caller"]): string {
  const word = text.value.callers[caller.kind];
  if (caller.display === "") return word;
  return caller.kind === "extension" ? `${word} ${caller.display}` : caller.display;
}

export function callerOf(offer: Offer): string {
  if (offer.card !== null) return text.value.common.honorific(offer.card.profile.name);
  return numberOf(offer.call.caller);
}

export function boardCallerOf(call: BoardCall | CallSummary): string {
  if (call.customer_name !== null) return text.value.common.honorific(call.customer_name);
  return numberOf(call.caller);
}

/** Where the call came in: the queue, or what kind of call it is. */
export function originOf(offer: Offer): string {
  const { queue, direction } = offer.call;
  return queue ?? text.value.directions[direction];
}
