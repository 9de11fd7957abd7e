/** The calls: every live one, oldest first, and beside them those of the last day. */

import { signal } from "@preact/signals";
import { boardCallerOf, numberOf } from "../caller";
import { text } from "../i18n";
import type { BoardView } from "../store";
import { Clock } from "../ui/clock";
import { Icon } from "../ui/icon";
import { memo } from "../ui/memo";
import { CALL_ICONS } from "../ui/states";
import { type Tab, Tabs } from "../ui/tabs";
import type { BoardCall, Rank } from "../wire";
import { HeldRows } from "./held-rows";
import { RecentCalls } from "./recent";
import { callsInOrder } from "./rows";
import { WhyLink } from "./why-link";

type TabName = "live" | "recent";

// Kept while a history is looked at.
const shown = signal<TabName>("live");

export function Calls({ view }: { view: BoardView }) {
  const t = text.value.board.calls;
  const tabs: Tab<TabName>[] = [
    { name: "live", label: t.live, count: view.calls.size, key: "l" },
    { name: "recent", label: t.recent, count: null, key: "r" },
  ];
  return (
    <section class="panel board-calls" aria-label={t.title}>
      <Tabs
        label={t.title}
        tabs={tabs}
        shown={shown.value}
        onShow={(name) => {
          shown.value = name;
        }}
      >
        {shown.value === "live" ? <LiveCalls view={view} /> : <RecentCalls />}
      </Tabs>
    </section>
  );
}

function LiveCalls({ view }: { view: BoardView }) {
  const t = text.value.board.calls;
  const rows = callsInOrder(view.calls.values());
  const names = (ids: readonly string[]) =>
    text.value.common.listed(ids.map((id) => view.agents.get(id)?.name ?? id));
  return (
    <div class="table-frame" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.state}</th>
            <th scope="col" class="figure">
              {t.clock}
            </th>
            <th scope="col">{t.caller}</th>
            <th scope="col">{t.queue}</th>
            <th scope="col">{t.agent}</th>
            <th scope="col" class="figure">
              {t.total}
            </th>
            <th scope="col">
              <span class="visually-hidden">{text.value.why.column}</span>
            </th>
          </tr>
        </thead>
        <HeldRows
          rows={rows}
          id={(row) => row.call_id}
          draw={({ row, isGone }) => (
            <CallRow
              key={row.call_id}
              row={row}
              isGone={isGone}
              isStale={view.sources.get(row.pbx)?.is_connected === false}
              queue={row.queue ?? text.value.directions[row.direction]}
              talking={names(row.talking_agent_ids)}
              ringing={names(row.ringing_agent_ids)}
            />
          )}
        />
      </table>
      {rows.length === 0 && <p class="quiet-text">{t.none}</p>}
    </div>
  );
}

interface RowProps {
  row: BoardCall;
  isGone: boolean;
  isStale: boolean;
  queue: string;
  talking: string;
  ringing: string;
}

const CallRow = memo(({ row, isGone, isStale, queue, talking, ringing }: RowProps) => {
  const t = text.value;
  const state = isGone ? "ended" : row.state;
  return (
    <tr
      data-testid="call-row"
      data-call-id={row.call_id}
      data-state={state}
      class={`${isGone ? "is-gone" : ""} ${isStale ? "is-stale" : ""}`}
    >
      <td>
        <span class={`state-cell call-${state}`}>
          <Icon name={CALL_ICONS[state]} />
          {t.callStates[state]}
        </span>
      </td>
      <td class="figure">{isGone ? t.common.none : <Clock since={row.state_since} />}</td>
      <td class="call-who">
        <span class="call-name">{boardCallerOf(row)}</span>
        {row.rank !== null && <span class="call-rank">{t.ranks[row.rank as Rank] ?? row.rank}</span>}
        {row.customer_name !== null && <span class="call-number">{numberOf(row.caller)}</span>}
      </td>
      <td>{queue}</td>
      <td>{talking !== "" ? talking : ringing !== "" ? t.board.calls.ringingAt(ringing) : t.common.none}</td>
      <td class="figure">{isGone ? t.common.none : <Clock since={row.started_at} />}</td>
      <td>
        <WhyLink callId={row.call_id} who={boardCallerOf(row)} />
      </td>
    </tr>
  );
});
