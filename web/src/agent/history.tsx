/** What happened: orders and contacts in one line of time, in tabs. */

import { useState } from "preact/hooks";
import { figures, text } from "../i18n";
import { Icon } from "../ui/icon";
import { Badge, When } from "../ui/pieces";
import { CHANNEL_ICONS, CONTACT_ICONS } from "../ui/states";
import { type Tab, Tabs } from "../ui/tabs";
import type { Card, Contact, Note, Order } from "../wire";
import { type Entry, type TabName, timelineOf, totalOf } from "./timeline";

const KEYS: Record<TabName, string> = { all: "a", orders: "o", contacts: "c", notes: "n" };
const NAMES = ["all", "orders", "contacts", "notes"] as const;

export function History({ card }: { card: Card }) {
  const t = text.value.history;
  const [shown, show] = useState<TabName>("all");
  const tabs: Tab<TabName>[] = NAMES.map((name) => ({
    name,
    label: t.tabs[name],
    count: totalOf(card, name) ?? timelineOf(card, name).length,
    key: KEYS[name],
  }));
  const entries = timelineOf(card, shown);
  const total = totalOf(card, shown);
  return (
    <section class="panel history" aria-label={t.title}>
      <Tabs label={t.title} tabs={tabs} shown={shown} onShow={(name) => show(name)}>
        {entries.length === 0 && <p class="quiet-text">{t.empty[shown]}</p>}
        <ol class="timeline">
          {entries.map((entry) => (
            <Row key={keyOf(entry)} entry={entry} />
          ))}
        </ol>
        {total !== null && total > entries.length && (
          <p class="quiet-text">
            {t.shownOf(figures.value.count(entries.length), figures.value.count(total))}
          </p>
        )}
      </Tabs>
    </section>
  );
}

function keyOf(entry: Entry): string {
  switch (entry.kind) {
    case "order":
      return `order ${entry.order.number}`;
    case "contact":
      return `contact ${entry.at} ${entry.contact.channel} ${entry.contact.subject}`;
    case "note":
      return `note ${entry.note.note_id}`;
  }
}

function Row({ entry }: { entry: Entry }) {
  switch (entry.kind) {
    case "order":
      return <OrderRow order={entry.order} />;
    case "contact":
      return <ContactRow contact={entry.contact} />;
    case "note":
      return <NoteRow note={entry.note} />;
  }
}

const STATUS_TONES: Record<
  Order["status"],
  { tone: string; icon: "package" | "circle-check" | "circle-minus" }
> = {
  open: { tone: "notice", icon: "package" },
  paid: { tone: "notice", icon: "package" },
  shipped: { tone: "notice", icon: "package" },
  delivered: { tone: "good", icon: "circle-check" },
  cancelled: { tone: "muted", icon: "circle-minus" },
  returned: { tone: "warning", icon: "circle-minus" },
};

function OrderRow({ order }: { order: Order }) {
  const t = text.value;
  const { tone, icon } = STATUS_TONES[order.status];
  const [first, ...rest] = order.lines;
  return (
    <li class="entry entry-order" data-testid="order" data-number={order.number}>
      <When at={order.ordered_at} class="entry-when" />
      <Icon name={CHANNEL_ICONS[order.channel]} />
      <div class="entry-body">
        <p class="entry-head">
          <span>{t.history.order(t.channels[order.channel])}</span>
          <strong class="entry-amount">{figures.value.money(order.total_minor)}</strong>
          <Badge tone={tone} icon={icon}>
            {t.orderStatuses[order.status]}
          </Badge>
        </p>
        {first !== undefined && (
          <p class="entry-text">
            {first.name}
            {first.quantity > 1 && ` ${t.history.quantity(figures.value.count(first.quantity))}`}
            {rest.length > 0 && ` ${t.history.more(figures.value.count(rest.length))}`}
          </p>
        )}
      </div>
    </li>
  );
}

function ContactRow({ contact }: { contact: Contact }) {
  const t = text.value;
  return (
    <li class="entry entry-contact" data-testid="contact">
      <When at={contact.occurred_at} class="entry-when" />
      <Icon name={CONTACT_ICONS[contact.channel]} />
      <div class="entry-body">
        <p class="entry-head">
          <strong>{contact.subject}</strong>
        </p>
        <p class="entry-text">
          <Icon name={contact.direction === "in" ? "arrow-down-left" : "arrow-up-right"} />
          {t.contactChannels[contact.channel]} · {t.contactDirections[contact.direction]}
          {contact.handled_by !== null && ` · ${t.history.handledBy(contact.handled_by)}`}
        </p>
      </div>
    </li>
  );
}

function NoteRow({ note }: { note: Note }) {
  const t = text.value.say;
  return (
    <li class="entry entry-note" data-testid="note">
      <When at={note.created_at} class="entry-when" />
      <Icon name={note.is_pinned ? "pin" : "notebook-pen"} />
      <div class="entry-body">
        <p class="entry-note-text">{note.text}</p>
        {note.author !== null && <p class="entry-text">{t.by(note.author)}</p>}
      </div>
    </li>
  );
}
