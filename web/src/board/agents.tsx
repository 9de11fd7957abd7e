/** The agents: what each does, since when, with whom, and the day. */

import { boardCallerOf } from "../caller";
import { clock, figures, text } from "../i18n";
import type { BoardView } from "../store";
import { Clock, Countdown } from "../ui/clock";
import { Icon } from "../ui/icon";
import { memo } from "../ui/memo";
import { StatusMark } from "../ui/pieces";
import { AGENT_ICONS } from "../ui/states";
import type { AgentState, BoardAgent } from "../wire";
import { HeldRows } from "./held-rows";
import { metricsOf } from "./metrics";
import { agentsInOrder } from "./rows";

const ORDER: readonly AgentState[] = [
  "ready",
  "dialling",
  "ringing",
  "talking",
  "held",
  "wrap_up",
  "busy",
  "paused",
  "offline",
];

export function Agents({ view }: { view: BoardView }) {
  const t = text.value.board.agents;
  const rows = agentsInOrder(view.agents.values());
  const { agentsByState } = metricsOf(view);
  return (
    <section class="panel board-agents">
      <div class="agents-head">
        <h2>
          {t.title} <span class="count">{rows.length}</span>
        </h2>
        <ul class="state-counts">
          {ORDER.filter((state) => agentsByState.has(state)).map((state) => (
            <li key={state} class={`state-cell state-${state}`}>
              <Icon name={AGENT_ICONS[state]} />
              {text.value.agentStates[state]} <strong>{agentsByState.get(state)}</strong>
            </li>
          ))}
        </ul>
      </div>
      <div class="table-frame" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.name}</th>
              <th scope="col">{t.state}</th>
              <th scope="col" class="figure">
                {t.clock}
              </th>
              <th scope="col">{t.call}</th>
              <th scope="col">{t.phone}</th>
              <th scope="col" class="figure">
                {t.calls}
              </th>
              <th scope="col" class="figure">
                {t.talk}
              </th>
            </tr>
          </thead>
          <HeldRows
            rows={rows}
            id={(row) => row.agent_id}
            draw={({ row, isGone }) => {
              const call = row.call_id === null ? undefined : view.calls.get(row.call_id);
              return (
                <AgentRow
                  key={row.agent_id}
                  row={row}
                  isGone={isGone}
                  withWhom={call === undefined ? "" : boardCallerOf(call)}
                />
              );
            }}
          />
        </table>
        {rows.length === 0 && <p class="quiet-text">{t.none}</p>}
      </div>
    </section>
  );
}

const AgentRow = memo(({ row, isGone, withWhom }: { row: BoardAgent; isGone: boolean; withWhom: string }) => {
  const t = text.value;
  return (
    <tr
      data-testid="agent-row"
      data-agent-id={row.agent_id}
      data-state={row.state}
      class={isGone ? "is-gone" : ""}
    >
      <th scope="row" title={row.reading}>
        {row.name}
      </th>
      <td>
        <span class={`state-cell state-${row.state}`}>
          <Icon name={AGENT_ICONS[row.state]} />
          {t.agentStates[row.state]}
        </span>
        {row.state === "paused" && row.pause_reason !== "" && (
          <span class="pause-reason">{row.pause_reason}</span>
        )}
        {row.wrap_up_until !== null && (
          <span class="pause-reason">
            {t.agent.left} <Countdown until={row.wrap_up_until} />
          </span>
        )}
        <StatusMark state={row.state} status={row.status} />
      </td>
      <td class="figure">{row.state === "offline" ? t.common.none : <Clock since={row.state_since} />}</td>
      <td>{withWhom}</td>
      <td class="agent-phone" title={row.pbx}>
        {row.endpoint}
      </td>
      <td class="figure">{figures.value.count(row.calls_today)}</td>
      <td class="figure">{clock(row.talk_s_today)}</td>
    </tr>
  );
});
