/** What happened: orders and contacts in one line of time, notes and products beside them, in tabs. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { figures, text } from "../i18n";
import { type Tab, Tabs } from "../ui/tabs";
import type { Card } from "../wire";
import { ContactRow, NoteRow, OrderRow } from "./entries";
import { type PagesOf, useOlder } from "./older";
import { Shares } from "./shares";
import { type Entry, keyOf, productsOf, type TabName, timelineOf, totalOf } from "./timeline";
import { Trouble } from "./trouble";

const KEYS: Record<TabName, string> = { all: "a", orders: "o", contacts: "c", notes: "n", products: "g" };
const NAMES = ["all", "orders", "contacts", "notes", "products"] as const;

/** To be keyed by the customer. */
export function History({ card, callId, isCovered }: { card: Card; callId: string; isCovered: boolean }) {
  const t = text.value.history;
  const id = card.profile.customer_id;
  const [shown, show] = useState<TabName>("all");
  const pages = {
    orders: useOlder(id, "orders", callId),
    contacts: useOlder(id, "contacts", callId),
    notes: useOlder(id, "notes", callId),
    products: useOlder(id, "products", callId),
  };
  const tabs: Tab<TabName>[] = NAMES.map((name) => ({
    name,
    label: t.tabs[name],
    // The sum of two things is no number anybody asks for.
    count: isCovered || name === "all" ? null : totalOf(card, name),
    key: KEYS[name],
  }));
  const total = totalOf(card, shown);
  const entries = timelineOf(card, shown, {
    orders: pages.orders.items,
    contacts: pages.contacts.items,
    notes: pages.notes.items,
  });
  const products = productsOf(card, pages.products.items);
  return (
    <section class="panel history" aria-label={t.title}>
      <Tabs label={t.title} tabs={tabs} shown={shown} onShow={(name) => show(name)}>
        {total === 0 && <p class="quiet-text">{isCovered ? text.value.customer.veiled : t.empty[shown]}</p>}
        {shown === "products" ? (
          <Paged pages={pages.products} shown={products.length} total={total} say={t.productsOf}>
            <Shares products={products} wholeMinor={card.cues.amount_total_minor} />
          </Paged>
        ) : (
          <Paged
            pages={shown === "all" ? null : pages[shown]}
            shown={entries.length}
            total={total}
            say={t.shownOf}
          >
            <ol class="timeline">
              {entries.map((entry) => (
                <Row key={keyOf(entry)} entry={entry} onMore={pages[`${entry.kind}s`].load} />
              ))}
            </ol>
          </Paged>
        )}
      </Tabs>
    </section>
  );
}

interface PagedProps {
  /** Null where nothing more is loaded. */
  pages: Pick<PagesOf<unknown>, "isOver" | "failure" | "load"> | null;
  shown: number;
  total: number;
  /** The sentence for that. */
  say(shown: string, total: string): string;
  children: ComponentChildren;
}

/** What is shown, how much of all that is, and the rest on demand. */
function Paged({ pages, shown, total, say, children }: PagedProps) {
  const t = text.value.history;
  return (
    <>
      {children}
      {total > shown && (
        <p class="quiet-text shown-of">
          {say(figures.value.count(shown), figures.value.count(total))}
          {pages === null && ` · ${t.rest}`}
        </p>
      )}
      <Trouble failure={pages?.failure ?? null} lead={t.loadFailed} />
      {pages !== null && total > shown && !pages.isOver && (
        <button type="button" class="button more" data-testid="load-more" onClick={() => void pages.load()}>
          {t.loadMore}
        </button>
      )}
    </>
  );
}

function Row({ entry, onMore }: { entry: Entry; onMore(): Promise<void> }) {
  switch (entry.kind) {
    case "order":
      return <OrderRow order={entry.order} onMore={onMore} />;
    case "contact":
      return <ContactRow contact={entry.contact} onMore={onMore} />;
    case "note":
      return <NoteRow note={entry.note} />;
  }
}
