/** What the customer is about to run out of, by the own purchase cycle. */

import { centre, text } from "../i18n";
import { Icon } from "../ui/icon";
import { nowForText } from "../ui/time";
import type { Due } from "../wire";

export function DueProducts({ due }: { due: readonly Due[] }) {
  const t = text.value.customer.due;
  if (due.length === 0) return null;
  return (
    <div class="due" data-testid="due">
      <h2>
        <Icon name="repeat-2" />
        {t.title}
      </h2>
      <ul>
        {due.map((each) => {
          const days = daysUntil(each.due_on, nowForText(), centre.value.timeZone);
          const when = days > 0 ? t.soon(String(days)) : days === 0 ? t.today : t.over(String(-days));
          return (
            <li
              key={each.sku}
              data-sku={each.sku}
              data-days={days}
              title={t.cycle(String(Math.round(each.cycle_days)))}
            >
              <strong>{each.name}</strong>
              <span class={`badge ${each.state === "soon" ? "tone-muted" : "tone-warning"}`}>
                <Icon name={each.state === "overdue" ? "triangle-alert" : "hourglass"} />
                {when}
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** Whole days from today, by the calendar of the zone, to a calendar day; negative for one that is past. */
export function daysUntil(day: string, nowMs: number, timeZone: string): number {
  const today = new Intl.DateTimeFormat("en-CA", { timeZone }).format(nowMs);
  return Math.round((Date.parse(`${day}T00:00:00Z`) - Date.parse(`${today}T00:00:00Z`)) / 86_400_000);
}
