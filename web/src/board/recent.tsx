/** The calls of the last day, live and ended: looked through by number and outcome. */

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { fetchCalls } from "../api";
import { boardCallerOf, numberOf } from "../caller";
import { dates, figures, text } from "../i18n";
import { Clock } from "../ui/clock";
import { Icon } from "../ui/icon";
import { memo } from "../ui/memo";
import { Bar } from "../ui/pieces";
import { CALL_ICONS, OUTCOME_ICONS } from "../ui/states";
import { nowForText } from "../ui/time";
import { lengthOf } from "../why/sentences";
import type { CallList, CallSummary, EndReason } from "../wire";
import { HeldRows } from "./held-rows";
import { WhyLink } from "./why-link";

const REFRESH_MS = 10_000;
/** While somebody types, nobody is asked. */
const TYPING_MS = 300;
const OUTCOMES: readonly EndReason[] = ["completed", "abandoned", "not_reached", "lost"];

// Kept while a history is looked at: whoever comes back finds the list as it was.
const digits = signal("");
const outcome = signal("");

export function RecentCalls() {
  const t = text.value.board.calls;
  const [list, setList] = useState<CallList | null>(null);
  const [isUnreadable, setUnreadable] = useState(false);
  const [number, wanted] = [digits.value, outcome.value];

  useEffect(() => {
    let isOver = false;
    const ask = async () => {
      const answer = await fetchCalls({
        ...(number === "" ? {} : { number }),
        ...(wanted === "" ? {} : { outcome: wanted }),
      });
      if (isOver) return;
      if (answer.kind === "ok") setList(answer.value);
      setUnreadable(answer.kind !== "ok");
    };
    const first = setTimeout(ask, list === null ? 0 : TYPING_MS);
    const again = setInterval(ask, REFRESH_MS);
    return () => {
      isOver = true;
      clearTimeout(first);
      clearInterval(again);
    };
  }, [number, wanted]);

  const rows = list?.calls ?? [];
  return (
    <div class="recent">
      <search class="recent-search">
        <label>
          <span>{t.search}</span>
          <input
            type="search"
            inputMode="numeric"
            placeholder={t.searchHint}
            data-testid="recent-number"
            value={number}
            onInput={(event) => {
              digits.value = event.currentTarget.value;
            }}
          />
        </label>
        <label>
          <span>{t.outcome}</span>
          <select
            data-testid="recent-outcome"
            value={wanted}
            onChange={(event) => {
              outcome.value = event.currentTarget.value;
            }}
          >
            <option value="">{t.anyOutcome}</option>
            <option value="live">{t.ongoing}</option>
            {OUTCOMES.map((each) => (
              <option key={each} value={each}>
                {text.value.why.outcomes[each]}
              </option>
            ))}
          </select>
        </label>
      </search>
      {isUnreadable && (
        <Bar tone="warning" icon="triangle-alert" testId="recent-unreadable">
          <p>{t.unreadable}</p>
        </Bar>
      )}
      {list?.is_partial === true && (
        <Bar tone="warning" icon="triangle-alert" testId="recent-partial">
          <p>{t.partial}</p>
        </Bar>
      )}
      <div class="table-frame" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.time}</th>
              <th scope="col">{t.outcome}</th>
              <th scope="col">{t.caller}</th>
              <th scope="col">{t.queue}</th>
              <th scope="col">{t.agent}</th>
              <th scope="col" class="figure">
                {t.length}
              </th>
              <th scope="col">
                <span class="visually-hidden">{text.value.why.column}</span>
              </th>
            </tr>
          </thead>
          <HeldRows
            rows={rows}
            id={(row) => row.call_id}
            draw={({ row, isGone }) => <RecentRow key={row.call_id} row={row} isGone={isGone} />}
          />
        </table>
        {list !== null && rows.length === 0 && <p class="quiet-text">{t.noneFound}</p>}
        {list?.is_cut === true && <p class="quiet-text">{t.more(figures.value.count(rows.length))}</p>}
      </div>
    </div>
  );
}

const RecentRow = memo(({ row, isGone }: { row: CallSummary; isGone: boolean }) => {
  const t = text.value;
  const isLive = row.outcome === null;
  const answered = row.agents.filter((agent) => agent.is_answered);
  const names = [...new Set((answered.length > 0 ? answered : row.agents).map((agent) => agent.name))];
  return (
    <tr data-testid="recent-row" data-call-id={row.call_id} class={isGone ? "is-gone" : ""}>
      <td class="figure-start">{dates.value.said(row.started_at, nowForText())}</td>
      <td>
        <span class={`state-cell call-${isLive ? row.state : "ended"}`}>
          <Icon name={row.outcome === null ? CALL_ICONS[row.state] : OUTCOME_ICONS[row.outcome]} />
          {row.outcome === null ? t.callStates[row.state] : t.why.outcomes[row.outcome]}
        </span>
      </td>
      <td class="call-who">
        <span class="call-name">{boardCallerOf(row)}</span>
        {row.customer_name !== null && <span class="call-number">{numberOf(row.caller)}</span>}
      </td>
      <td>{row.queue ?? t.directions[row.direction]}</td>
      <td class={answered.length > 0 ? "" : "quiet-text"}>
        {names.length === 0 ? t.common.none : t.common.listed(names)}
      </td>
      <td class="figure">
        {row.ended_at === null ? <Clock since={row.started_at} /> : lengthOf(row.started_at, row.ended_at)}
      </td>
      <td>
        <WhyLink callId={row.call_id} who={boardCallerOf(row)} />
      </td>
    </tr>
  );
});
