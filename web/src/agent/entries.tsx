/** The rows of the line of time: an order, a contact, a note. */

import { useState } from "preact/hooks";
import type { Failure } from "../api";
import { settleContact } from "../customers";
import { figures, text } from "../i18n";
import { Icon } from "../ui/icon";
import type { IconName } from "../ui/icons";
import { Badge, When } from "../ui/pieces";
import { CHANNEL_ICONS, CONTACT_ICONS } from "../ui/states";
import type { Contact, ContactKind, Note, Order, PastContact, PastOrder } from "../wire";
import { NoteView } from "./note";
import { Trouble } from "./trouble";

const STATUS_TONES: Record<Order["status"], { tone: string; icon: IconName }> = {
  open: { tone: "notice", icon: "package" },
  paid: { tone: "notice", icon: "package" },
  shipped: { tone: "notice", icon: "package" },
  delivered: { tone: "good", icon: "circle-check" },
  cancelled: { tone: "muted", icon: "circle-minus" },
  returned: { tone: "warning", icon: "circle-minus" },
};

/** The kinds worth a mark; what most contacts are is only said. */
const KIND_MARKS: Partial<Record<ContactKind, { tone: string; icon: IconName }>> = {
  complaint: { tone: "muted", icon: "circle-check" },
  thank_you: { tone: "good", icon: "heart" },
  praise: { tone: "good", icon: "award" },
};

/** `onMore` reads what the card has no room for. */
export function OrderRow({ order, onMore }: { order: Order | PastOrder; onMore(): Promise<void> }) {
  const t = text.value;
  const { count, money } = figures.value;
  const { tone, icon } = STATUS_TONES[order.status];
  const [first] = order.lines;
  const facts = [
    order.paid_minor > 0 && order.paid_minor < order.total_minor
      ? t.history.paid(money(order.paid_minor))
      : "",
    order.returned_minor > 0 ? t.history.returned(money(order.returned_minor)) : "",
    order.source === "" ? "" : t.history.source(order.source),
  ].filter(Boolean);
  return (
    <li class="entry entry-order" data-testid="order" data-number={order.number}>
      <When at={order.ordered_at} class="entry-when" />
      <Icon name={CHANNEL_ICONS[order.channel]} />
      <div class="entry-body">
        <p class="entry-head">
          <span>{t.history.order(t.channels[order.channel])}</span>
          <strong class="entry-amount">{money(order.total_minor)}</strong>
          <Badge tone={tone} icon={icon}>
            {t.orderStatuses[order.status]}
          </Badge>
        </p>
        {first !== undefined && (
          <details
            class="entry-more"
            onToggle={(event) => {
              if (event.currentTarget.open && order.lines.length < order.lines_total) void onMore();
            }}
          >
            <summary>
              {first.name}
              {first.quantity > 1 && ` ${t.history.quantity(count(first.quantity))}`}
              {order.lines_total > 1 && ` ${t.history.more(count(order.lines_total - 1))}`}
            </summary>
            <ul class="lines" aria-label={t.history.lines}>
              {order.lines.map((line, index) => (
                <li key={`${line.sku} ${index}`} data-testid="order-line">
                  <span>{line.name}</span>
                  <span>
                    {money(line.unit_price_minor)} × {count(line.quantity)}
                  </span>
                </li>
              ))}
            </ul>
          </details>
        )}
        {facts.length > 0 && <p class="entry-text">{facts.join(" · ")}</p>}
      </div>
    </li>
  );
}

export function ContactRow({ contact, onMore }: { contact: Contact | PastContact; onMore(): Promise<void> }) {
  const t = text.value;
  const kind = t.customer.contactKinds[contact.kind];
  const mark = contact.is_open
    ? { tone: "critical", icon: "octagon-alert" as const }
    : KIND_MARKS[contact.kind];
  const past = "body" in contact ? contact : null;
  return (
    <li class="entry entry-contact" data-testid="contact" data-open={contact.is_open}>
      <When at={contact.occurred_at} class="entry-when" />
      <Icon name={CONTACT_ICONS[contact.channel]} />
      <div class="entry-body">
        <p class="entry-head">
          <strong>{contact.subject || kind}</strong>
          {mark !== undefined && (
            <Badge tone={mark.tone} icon={mark.icon}>
              {kind}
              {contact.is_open && ` · ${t.history.openContact}`}
            </Badge>
          )}
        </p>
        <details
          class="entry-more"
          onToggle={(event) => {
            if (event.currentTarget.open && past === null) void onMore();
          }}
        >
          <summary>
            <Icon name={contact.direction === "in" ? "arrow-down-left" : "arrow-up-right"} />
            {t.contactChannels[contact.channel]} · {t.contactDirections[contact.direction]}
            {mark === undefined && contact.kind !== "other" && contact.subject !== "" && ` · ${kind}`}
            {contact.handled_by !== null && ` · ${t.history.handledBy(contact.handled_by)}`}
          </summary>
          {past !== null && (
            <>
              <p class="entry-said" data-testid="contact-body">
                {past.body || t.history.noBody}
              </p>
              {contact.is_open && <Settle contactId={past.contact_id} />}
            </>
          )}
        </details>
      </div>
    </li>
  );
}

function Settle({ contactId }: { contactId: number }) {
  const [failure, fail] = useState<Failure | null>(null);
  const settle = async () => {
    const outcome = await settleContact(contactId);
    fail(outcome.kind === "ok" ? null : outcome);
  };
  return (
    <>
      <button type="button" class="button" data-testid="contact-settle" onClick={() => void settle()}>
        {text.value.history.settle}
      </button>
      <Trouble failure={failure} lead={text.value.customer.cautions.failed} />
    </>
  );
}

export function NoteRow({ note }: { note: Note }) {
  return (
    <li class="entry entry-note" data-testid="note">
      <Icon name={note.is_pinned ? "pin" : "notebook-pen"} />
      <div class="entry-body">
        <NoteView note={note} />
      </div>
    </li>
  );
}
