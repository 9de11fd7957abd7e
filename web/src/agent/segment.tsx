/** Where the customer stands: the stage in a word, RFM in three digits. */

import { text } from "../i18n";
import type { Card } from "../wire";

export function SegmentBadges({ segment }: { segment: Card["segment"] }) {
  if (segment === null) return null;
  const t = text.value.customer;
  const { stage, rfm } = segment;
  return (
    <p class="segment">
      <span class={`badge stage-${stage}`} data-testid="stage" data-stage={stage} title={t.stage}>
        {t.stages[stage]}
      </span>
      {rfm !== null && (
        <span
          class="badge rfm"
          data-testid="rfm"
          role="img"
          aria-label={t.rfm(String(rfm.recency), String(rfm.frequency), String(rfm.monetary))}
          title={t.rfm(String(rfm.recency), String(rfm.frequency), String(rfm.monetary))}
        >
          R{rfm.recency} F{rfm.frequency} M{rfm.monetary}
        </span>
      )}
    </p>
  );
}
