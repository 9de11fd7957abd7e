/** Every live call, oldest first. */

import { boardCallerOf, numberOf } from "../caller";
import { text } from "../i18n";
import type { BoardView } from "../store";
import { Clock } from "../ui/clock";
import { Icon } from "../ui/icon";
import { memo } from "../ui/memo";
import { CALL_ICONS } from "../ui/states";
import type { BoardCall, Rank } from "../wire";
import { HeldRows } from "./held-rows";
import { callsInOrder } from "./rows";

export function Calls({ view }: { view: BoardView }) {
  const t = text.value.board.calls;
  const rows = callsInOrder(view.calls.values());
  const names = (ids: readonly string[]) =>
    text.value.common.listed(ids.map((id) => view.agents.get(id)?.name ?? id));
  return (
    <section class="panel board-calls">
      <h2>
        {t.title} <span class="count">{rows.length}</span>
      </h2>
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
    </section>
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
    </tr>
  );
});
