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
  return (
    <main class="card">
      <Who card={card} caller={offer.call.caller} me={me} />
      <History card={card} />
      <Say card={card} />
    </main>
  );
}
