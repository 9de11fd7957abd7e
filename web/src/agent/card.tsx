/** The caller's card: three columns where it was found, else what is known instead. */

import type { Me, Offer } from "../wire";
import { History } from "./history";
import { Say } from "./say";
import { Skeleton } from "./skeleton";
import { Stranger } from "./stranger";
import { Who } from "./who";

export function Card({ offer, me }: { offer: Offer; me: Me }) {
  const { card, lookup } = offer;
  if (lookup === "pending") return <Skeleton />;
  if (card === null) return <Stranger offer={offer} />;
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
      <Say card={card} callId={call_id} isCovered={isCovered} />
    </main>
  );
}
