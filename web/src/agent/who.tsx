/** Who is calling: cautions first, then what was handed over, then the name. */

import { dates, text } from "../i18n";
import { Icon } from "../ui/icon";
import { RankBadge } from "../ui/pieces";
import { NUMBER_ICONS } from "../ui/states";
import { nowForText } from "../ui/time";
import type { CallerInfo, Card, Me } from "../wire";
import { Cautions, NewCaution } from "./cautions";
import { cuesOf } from "./cues";
import { CallNumber } from "./dial";
import { Household } from "./household";
import { PinnedNotes } from "./pinned";
import { SegmentBadges } from "./segment";
import { OpenShop } from "./shop";

interface Props {
  card: Card;
  caller: CallerInfo;
  callId: string;
  me: Me;
  isCovered: boolean;
  isTalking: boolean;
}

export function Who({ card, caller, callId, me, isCovered, isTalking }: Props) {
  const t = text.value;
  const { profile } = card;
  // Where the number is one person's, it is rarely somebody else: what is known of them comes first.
  const household = (
    <Household
      callId={callId}
      customerId={profile.customer_id}
      number={caller.display}
      sharers={card.sharers}
    />
  );
  return (
    <section class="panel who" aria-label={t.card.who} tabIndex={0}>
      <Cautions cautions={card.cautions} />
      <PinnedNotes notes={card.notes} />
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
      {isCovered && (
        <p class="veiled" data-testid="veiled">
          <Icon name="eye-off" />
          {t.customer.veiled}
        </p>
      )}
      <SegmentBadges segment={card.segment} />
      {card.sharers.length > 0 && household}
      <ul class="cues" aria-label={t.card.relationship}>
        {cuesOf(card, me, nowForText()).map((cue) => (
          <li key={cue.name} class={cue.isStrong ? "cue strong" : "cue"} data-cue={cue.name}>
            <Icon name={cue.icon} />
            {cue.text}
          </li>
        ))}
      </ul>
      {card.sharers.length === 0 && household}
      <dl class="facts">
        <dt class="visually-hidden">{t.card.numbers}</dt>
        {profile.numbers.map((number) => (
          <dd
            key={number.e164 || number.display}
            class={number.e164 === caller.e164 ? "number is-caller" : "number"}
          >
            <Icon name={NUMBER_ICONS[number.label]} />
            <span class="number-label">{t.numberLabels[number.label]}</span>
            <CallNumber
              class="number-text"
              number={number.e164 || number.display}
              label={number.display || number.e164}
              name={profile.name}
            />
            {number.e164 === caller.e164 && <span class="caller-mark">{t.card.callingFrom}</span>}
          </dd>
        ))}
        {(profile.postcode !== "" || profile.address !== "") && (
          <>
            <dt class="visually-hidden">{t.card.address}</dt>
            <dd class="address">
              <Icon name="map-pin" />
              <p>
                {profile.postcode !== "" && `〒${profile.postcode} `}
                {profile.address}
              </p>
            </dd>
          </>
        )}
        <Details card={card} />
      </dl>
      {isTalking && me.has_proxy_login && (
        <OpenShop key={`shop ${profile.customer_id}`} customerId={profile.customer_id} callId={callId} />
      )}
      {!isCovered && <NewCaution key={profile.customer_id} customerId={profile.customer_id} />}
    </section>
  );
}

function Details({ card: { profile } }: { card: Card }) {
  const t = text.value.card;
  const { day, age, month } = dates.value;
  return (
    <>
      <dt class="details-head">{t.details}</dt>
      {profile.code !== "" && <dd>{t.code(profile.code)}</dd>}
      {profile.birth_date !== null && (
        <dd>{t.born(day(profile.birth_date), String(age(profile.birth_date, nowForText()).years))}</dd>
      )}
      <dd>{t.joined(month(profile.joined_on))}</dd>
      {profile.email !== "" && <dd class="email">{profile.email}</dd>}
    </>
  );
}
