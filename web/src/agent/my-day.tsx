/** What came of the agent's own day: sold on suggestion, and praise. Asked for anew after each call. */

import { useEffect, useState } from "preact/hooks";
import { fetchMyDay } from "../api";
import { figures, text } from "../i18n";
import type { MyDay } from "../wire";

export function DayFigures({ callsToday }: { callsToday: number | null }) {
  const t = text.value;
  const day = useMyDay(callsToday);
  return (
    <>
      <div>
        <dt>{t.idle.sold}</dt>
        <dd data-testid="my-sold">{day === null ? t.common.none : figures.value.money(day.sold_minor)}</dd>
      </div>
      <div>
        <dt>{t.idle.praise}</dt>
        <dd data-testid="my-praise">
          {day === null ? t.common.none : t.common.times(figures.value.count(day.praise))}
        </dd>
      </div>
    </>
  );
}

/** null until there is an answer; the last one stays when there is none. */
function useMyDay(callsToday: number | null): MyDay | null {
  const [day, keep] = useState<MyDay | null>(null);
  useEffect(() => {
    let isOver = false;
    void fetchMyDay().then((outcome) => {
      if (!isOver && outcome.kind === "ok") keep(outcome.value);
    });
    return () => {
      isOver = true;
    };
  }, [callsToday]);
  return day;
}
