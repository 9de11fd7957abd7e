/** The strip of the call: its state in word, icon and clock, the number, the way it came; its controls; other calls. */

import { callerOf, numberOf } from "../caller";
import { figures, text } from "../i18n";
import { Clock } from "../ui/clock";
import { Icon } from "../ui/icon";
import { KeyCap, shortcut } from "../ui/pieces";
import { OFFER_ICONS } from "../ui/states";
import type { Offer, PartReason } from "../wire";
import { ControlNote, Controls } from "./controls";
import { DialButton } from "./dial";

interface Props {
  shown: Offer;
  /** How the shown offer ended, if it did and that is known. */
  end: PartReason | null;
  /** The shown call became another's or part of another while it was shown. */
  hasBecome: boolean;
  others: readonly Offer[];
  onChoose(offerId: string): void;
  onNext(): void;
  onPutAway(): void;
}

export function CallStrip({ shown, end, hasBecome, others, onChoose, onNext, onPutAway }: Props) {
  const t = text.value;
  return (
    <section class="strips" aria-label={t.agent.strip}>
      <div class={`strip offer-${shown.state}`} {...hooks(shown)}>
        <div class="strip-state">
          <span class="strip-icon">
            <Icon name={OFFER_ICONS[shown.state]} />
          </span>
          <strong>
            {shown.state === "ended" && end !== null ? t.partEnds[end] : t.offerStates[shown.state]}
          </strong>
          <Clock since={stateSince(shown)} class="strip-clock" />
        </div>
        <p class="strip-number" data-testid="caller-display">
          {numberOf(shown.call.caller)}
        </p>
        <Facts offer={shown} hasBecome={hasBecome} />
      </div>
      <section class={`controls offer-${shown.state}`} aria-label={t.control.title}>
        {shown.state === "ended" ? (
          <>
            <button
              type="button"
              class="button"
              data-testid="put-away"
              aria-keyshortcuts={shortcut("p")}
              onClick={onPutAway}
            >
              <KeyCap>p</KeyCap>
              {t.agent.putAway}
            </button>
            <DialButton />
          </>
        ) : (
          <Controls key={shown.offer_id} offer={shown} />
        )}
        <ControlNote offer={shown} />
      </section>
      {others.length > 0 && (
        <nav class="others" aria-label={t.agent.otherCalls}>
          <button
            type="button"
            class="button"
            data-testid="next-call"
            aria-keyshortcuts={shortcut("s")}
            onClick={onNext}
          >
            <KeyCap>s</KeyCap>
            {t.agent.nextCall}
          </button>
          {others.map((offer) => (
            <button
              key={offer.offer_id}
              type="button"
              class={`other offer-${offer.state}`}
              onClick={() => onChoose(offer.offer_id)}
              {...hooks(offer)}
            >
              <span class="strip-icon">
                <Icon name={OFFER_ICONS[offer.state]} />
              </span>
              <strong>{t.offerStates[offer.state]}</strong>
              <Clock since={stateSince(offer)} />
              <span class="other-who">{callerOf(offer)}</span>
            </button>
          ))}
        </nav>
      )}
    </section>
  );
}

function Facts({ offer, hasBecome }: { offer: Offer; hasBecome: boolean }) {
  const t = text.value;
  const { call, card } = offer;
  const waitedUntil = offer.answered_at ?? offer.ended_at;
  // A card may hold only the likeliest of them, or while it rings none.
  const sharers = Math.max(card?.totals.sharers ?? 0, card?.sharers.length ?? 0);
  return (
    <ul class="strip-facts">
      {hasBecome && (
        <li class="strip-shared" data-testid="became">
          <Icon name="repeat-2" />
          {t.agent.became(callerOf(offer))}
        </li>
      )}
      {offer.transferred_by !== null && (
        <li class="strip-shared" data-testid="transferred-by">
          <Icon name="phone-forwarded" />
          {t.agent.transferredBy(offer.transferred_by)}
        </li>
      )}
      {call.direction !== "inbound" && <li>{t.directions[call.direction]}</li>}
      {call.queue !== null && <li>{t.agent.viaQueue(call.queue)}</li>}
      {call.queued_at !== null && (
        <li>
          {t.agent.waited} <Clock since={call.queued_at} until={waitedUntil} />
        </li>
      )}
      {(offer.state === "held" || offer.state === "ended") && offer.answered_at !== null && (
        <li>
          {t.agent.talked} <Clock since={offer.answered_at} until={offer.ended_at} />
        </li>
      )}
      {sharers > 0 && (
        <li class="strip-shared">
          <Icon name="users-round" />
          {t.agent.sharedBy(figures.value.count(sharers + 1))}
        </li>
      )}
    </ul>
  );
}

function stateSince(offer: Offer): string {
  switch (offer.state) {
    case "talking":
      return offer.answered_at ?? offer.rang_at;
    case "held":
      return offer.held_at ?? offer.answered_at ?? offer.rang_at;
    case "ended":
    case "withdrawn":
      return offer.ended_at ?? offer.rang_at;
    case "ringing":
    case "dialling":
      return offer.rang_at;
  }
}

function hooks(offer: Offer) {
  return {
    "data-testid": "offer",
    "data-offer-id": offer.offer_id,
    "data-state": offer.state,
    "data-lookup": offer.lookup,
  };
}
