/** Why nothing more may be offered. */

import { dates, text } from "../i18n";
import { Icon } from "../ui/icon";
import type { IconName } from "../ui/icons";
import type { Stop, Suggestion } from "../wire";

/** Only for a complaint there is something to be done; the others are patience. */
const LOOKS: Record<Stop["code"], { tone: string; icon: IconName }> = {
  open_complaint: { tone: "critical", icon: "octagon-alert" },
  trust_gate: { tone: "notice", icon: "hourglass" },
  excluded: { tone: "notice", icon: "circle-minus" },
};

export function Stopped({ stop }: { stop: Stop }) {
  const t = text.value.customer.stop;
  const { tone, icon } = LOOKS[stop.code];
  return (
    <div class={`stop tone-${tone}`} data-testid="stop" data-code={stop.code}>
      <Icon name={icon} />
      <p>
        <strong>{t[stop.code]}</strong>
        {stop.code === "trust_gate" && (
          <span class="stop-more">
            {[
              stop.thank_yous_needed > 0
                ? t.thankYous(String(stop.thank_yous), String(stop.thank_yous_needed))
                : "",
              stop.opens_on === null ? "" : t.opens(dates.value.day(stop.opens_on)),
            ]
              .filter(Boolean)
              .join(" · ")}
          </span>
        )}
      </p>
    </div>
  );
}

/** What runs out may be offered before there is trust; nothing at all to who complains. */
export function mayOffer(stop: Stop | null, suggestion: Suggestion): boolean {
  switch (stop?.code) {
    case undefined:
      return true;
    case "trust_gate":
      return suggestion.reason.code === "replenishment";
    case "open_complaint":
    case "excluded":
      return false;
  }
}
