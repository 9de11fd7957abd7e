/** Orders, contacts and notes of a card as one line of time. Pure. */

import type { Card, Contact, Note, Order } from "../wire";

export type Entry =
  | { kind: "order"; at: string; order: Order }
  | { kind: "contact"; at: string; contact: Contact }
  | { kind: "note"; at: string; note: Note };

export type TabName = "all" | "orders" | "contacts" | "notes";

/** Newest first. `all` holds what happened; notes stand by themselves, they are in the karte as well. */
export function timelineOf(card: Card, tab: TabName): Entry[] {
  const entries: Entry[] = [];
  if (tab === "all" || tab === "orders") {
    for (const order of card.orders) entries.push({ kind: "order", at: order.ordered_at, order });
  }
  if (tab === "all" || tab === "contacts") {
    for (const contact of card.contacts) entries.push({ kind: "contact", at: contact.occurred_at, contact });
  }
  if (tab === "notes") {
    for (const note of card.notes) entries.push({ kind: "note", at: note.created_at, note });
  }
  return entries.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

/** How many there are in all, of which the card holds the newest; null where that is not known. */
export function totalOf(card: Card, tab: TabName): number | null {
  switch (tab) {
    case "all":
      return card.cues.orders_total + card.cues.contacts_total;
    case "orders":
      return card.cues.orders_total;
    case "contacts":
      return card.cues.contacts_total;
    case "notes":
      return null;
  }
}
