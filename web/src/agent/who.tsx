/** Who is calling: cautions first, then the hand-over note, then the name. */

import { dates, text } from "../i18n";
import { Icon } from "../ui/icon";
import { RankBadge, When } from "../ui/pieces";
import { NUMBER_ICONS, SEVERITY_ICONS } from "../ui/states";
import { nowForText } from "../ui/time";
import type { CallerInfo, Card, Me, Severity } from "../wire";
import { cuesOf } from "./cues";

const SEVERITY_ORDER: Record<Severity, number> = { critical: 0, warning: 1, notice: 2 };

interface Props {
  card: Card;
  caller: CallerInfo;
  me: Me;
}

export function Who({ card, caller, me }: Props) {
  const t = text.value;
  const { profile } = card;
  return (
    <section class="panel who" aria-label={t.card.who} tabIndex={0}>
      <Cautions card={card} />
      <PinnedNotes card={card} />
      <div class="name-block">
        <p class="reading" data-testid="customer-reading">
          {profile.reading}
        </p>
        <h1 class="name">
          <span data-testid="customer-name">{profile.name}</span>
          {t.common.honorificMark !== "" && <span class="honorific">{t.common.honorificMark}</span>}
        </h1>
        <RankBadge rank={profile.rank} />
      </div>
      <Sharers card={card} />
      <ul class="cues" aria-label={t.card.relationship}>
        {cuesOf(card, me, nowForText()).map((cue) => (
          <li key={cue.name} class={cue.isStrong ? "cue strong" : "cue"} data-cue={cue.name}>
            <Icon name={cue.icon} />
            {cue.text}
          </li>
        ))}
      </ul>
      <dl class="facts">
        <dt class="visually-hidden">{t.card.numbers}</dt>
        {profile.numbers.map((number) => (
          <dd key={number.e164} class={number.e164 === caller.e164 ? "number is-caller" : "number"}>
            <Icon name={NUMBER_ICONS[number.label]} />
            <span class="number-label">{t.numberLabels[number.label]}</span>
            <span class="number-text">{number.display || number.e164}</span>
            {number.e164 === caller.e164 && <span class="caller-mark">{t.card.callingFrom}</span>}
          </dd>
        ))}
        <dt class="visually-hidden">{t.card.address}</dt>
        <dd class="address">
          <Icon name="map-pin" />
          <p>
            〒{profile.postcode} {profile.address}
          </p>
        </dd>
        <Details card={card} />
      </dl>
    </section>
  );
}

function Details({ card: { profile } }: { card: Card }) {
  const t = text.value.card;
  const { day, age, month } = dates.value;
  return (
    <>
      <dt class="details-head">{t.details}</dt>
      <dd>{t.code(profile.code)}</dd>
      {profile.birth_date !== null && (
        <dd>{t.born(day(profile.birth_date), String(age(profile.birth_date, nowForText()).years))}</dd>
      )}
      <dd>{t.joined(month(profile.joined_on))}</dd>
      {profile.email !== "" && <dd class="email">{profile.email}</dd>}
    </>
  );
}

function Cautions({ card }: { card: Card }) {
  const t = text.value;
  if (card.cautions.length === 0) return null;
  const sorted = [...card.cautions].sort((a, b) => SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity]);
  return (
    <ul class="cautions" aria-label={t.card.cautions} data-testid="cautions">
      {sorted.map((caution) => (
        <li key={caution.created_at + caution.text} class={`caution tone-${caution.severity}`}>
          <Icon name={SEVERITY_ICONS[caution.severity]} />
          <p>
            <strong>{t.severities[caution.severity]}</strong> {caution.text}
          </p>
        </li>
      ))}
    </ul>
  );
}

function PinnedNotes({ card }: { card: Card }) {
  const t = text.value;
  return card.notes
    .filter((note) => note.is_pinned)
    .map((note) => (
      <div key={note.note_id} class="pinned" data-testid="pinned-note">
        <p class="pinned-head">
          <Icon name="pin" />
          <strong>{t.card.pinned}</strong>
          <When at={note.created_at} />
          {note.author !== null && <span>{note.author}</span>}
        </p>
        <p>{note.text}</p>
      </div>
    ));
}

function Sharers({ card }: { card: Card }) {
  const t = text.value;
  if (card.sharers.length === 0) return null;
  return (
    <div class="sharers" data-testid="sharers">
      <p class="sharers-head">
        <Icon name="users-round" />
        <strong>{t.card.sharers}</strong>
        <span>{t.card.sharersHint}</span>
      </p>
      <ul>
        {card.sharers.map((sharer) => (
          <li key={sharer.customer_id}>
            <span class="sharer-reading">{sharer.reading}</span>
            <span class="sharer-name">{t.common.honorific(sharer.name)}</span>
            <span class="sharer-rank">{t.ranks[sharer.rank]}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
