/** The caller's card: three columns where it was found, else what is known instead. */

import { callerOf } from "../caller";
import type { DispositionChoices, Instant, Me, Offer } from "../wire";
import { History } from "./history";
import { Say } from "./say";
import { Skeleton } from "./skeleton";
import { Stranger } from "./stranger";
import { Who } from "./who";
import { WrapUp } from "./wrap-up";

interface Props {
  offer: Offer;
  me: Me;
  choices: DispositionChoices;
  /** Until when the after-call work of this call lasts; null where there is none. */
  until: Instant | null;
}

export function Card({ offer, me, choices, until }: Props) {
  const { card, lookup } = offer;
  if (lookup === "pending") return <Skeleton />;
  const customerId = card?.profile.customer_id ?? null;
  const wrapUp = (
    <WrapUp
      key={`${offer.offer_id} ${customerId}`}
      of={{
        offerId: offer.offer_id,
        callId: offer.call.call_id,
        customerId,
        who: callerOf(offer),
        answeredAt: offer.answered_at ?? offer.rang_at,
      }}
      choices={choices}
      until={until}
      isOnlyNote={offer.answered_at === null || offer.call.direction === "internal"}
    />
  );
  if (card === null) return <Stranger offer={offer}>{wrapUp}</Stranger>;
  const { call_id, caller } = offer.call;
  // While it rings part of it may be covered; then there is nothing to page through or to write down.
  const isCovered = offer.state === "ringing" && me.ringing_card !== "all";
  return (
    <main class="card" data-customer={card.profile.customer_id}>
      <Who
        card={card}
        caller={caller}
        callId={call_id}
        me={me}
        isCovered={isCovered}
        isTalking={offer.state === "talking" || offer.state === "held"}
      />
      <History key={card.profile.customer_id} card={card} callId={call_id} isCovered={isCovered} />
      <Say card={card} callId={call_id} isCovered={isCovered}>
        {wrapUp}
      </Say>
    </main>
  );
}
