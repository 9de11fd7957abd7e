/** Orders, contacts and notes of a card as one line of time, products by size. Pure. */

import type { Card, Contact, Note, Order, PastContact, PastOrder, Product } from "../wire";

export type Entry =
  | { kind: "order"; at: string; order: Order | PastOrder }
  | { kind: "contact"; at: string; contact: Contact | PastContact }
  | { kind: "note"; at: string; note: Note };

export type TabName = "all" | "orders" | "contacts" | "notes" | "products";

/** What the server has besides the card, page by page. */
export interface Older {
  orders: readonly PastOrder[];
  contacts: readonly PastContact[];
  notes: readonly Note[];
}

export const NOTHING_OLDER: Older = { orders: [], contacts: [], notes: [] };

/**
 * Newest first. `all` holds what happened; notes stand by themselves, they are in the karte as well.
 * The card is fresher, the pages are fuller: what is in both is told with the card's state and all its parts.
 */
export function timelineOf(card: Card, tab: TabName, older: Older = NOTHING_OLDER): Entry[] {
  const entries: Entry[] = [];
  if (tab === "all" || tab === "orders") {
    for (const order of joined(card.orders, older.orders, (each) => each.number, fullOrder)) {
      entries.push({ kind: "order", at: order.ordered_at, order });
    }
  }
  if (tab === "all" || tab === "contacts") {
    for (const contact of joined(card.contacts, older.contacts, contactKey, (now, full) => ({
      ...full,
      ...now,
    }))) {
      entries.push({ kind: "contact", at: contact.occurred_at, contact });
    }
  }
  if (tab === "notes") {
    for (const note of joined(card.notes, older.notes, (each) => String(each.note_id), fullNote)) {
      entries.push({ kind: "note", at: note.created_at, note });
    }
  }
  return entries.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

/** The largest first, as on the card; pages come by when they were bought. */
export function productsOf(card: Card, older: readonly Product[]): Product[] {
  const found = joined(
    card.products,
    older,
    (each) => each.sku,
    (now) => now,
  );
  return found.sort((a, b) => b.amount_minor - a.amount_minor);
}

/** How many there are in all, of which the card holds the newest. */
export function totalOf(card: Card, tab: TabName): number {
  const { totals } = card;
  return tab === "all" ? totals.orders + totals.contacts : totals[tab];
}

export function keyOf(entry: Entry): string {
  switch (entry.kind) {
    case "order":
      return `order ${entry.order.number}`;
    case "contact":
      return `contact ${contactKey(entry.contact)}`;
    case "note":
      return `note ${entry.note.note_id}`;
  }
}

function contactKey(contact: Contact): string {
  // Two writers of one moment may write it differently.
  return `${Date.parse(contact.occurred_at)} ${contact.channel} ${contact.direction} ${contact.subject}`;
}

function joined<Part, Full extends Part>(
  now: readonly Part[],
  older: readonly Full[],
  key: (part: Part) => string,
  join: (now: Part, full: Full) => Part,
): Part[] {
  const full = new Map(older.map((each) => [key(each), each]));
  const shown = now.map((each) => {
    const found = full.get(key(each));
    return found === undefined ? each : join(each, found);
  });
  const known = new Set(now.map(key));
  return [...shown, ...older.filter((each) => !known.has(key(each)))];
}

function fullOrder(now: Order, full: PastOrder): Order | PastOrder {
  return { ...full, ...now, lines: full.lines, lines_total: full.lines_total };
}

/** A note that was changed since the page was read is told as the card has it. */
function fullNote(now: Note, full: Note): Note {
  return now.updated_at === full.updated_at ? full : now;
}
