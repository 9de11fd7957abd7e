/** The queues: who waits, how long, how well it is answered today. */

import { figures, text } from "../i18n";
import type { BoardView } from "../store";
import { Clock } from "../ui/clock";
import { Icon } from "../ui/icon";
import { memo } from "../ui/memo";
import { second } from "../ui/time";
import type { BoardQueue } from "../wire";
import { HeldRows } from "./held-rows";
import { isOver, longestOf, totalsOf } from "./metrics";
import { queuesInOrder } from "./rows";

export function Queues({ view }: { view: BoardView }) {
  const t = text.value.board.queues;
  const rows = queuesInOrder(view.queues.values());
  const thresholdS = totalsOf(view).threshold_s;
  return (
    <section class="panel board-queues">
      <h2>{t.title}</h2>
      <div class="table-frame" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.name}</th>
              <th scope="col" class="figure">
                {t.waiting}
              </th>
              <th scope="col" class="figure">
                {t.longest}
              </th>
              <th scope="col" class="figure">
                <abbr title={t.levelFull}>{t.level}</abbr>
              </th>
              <th scope="col" class="figure">
                {t.answered}
              </th>
              <th scope="col" class="figure">
                {t.abandoned}
              </th>
              <th scope="col" class="figure">
                {t.ready}
              </th>
            </tr>
          </thead>
          <HeldRows
            rows={rows}
            id={(row) => row.queue_id}
            draw={({ row, isGone }) => (
              <QueueRow
                key={row.queue_id}
                row={row}
                isGone={isGone}
                isStale={view.sources.get(row.pbx)?.is_connected === false}
                thresholdS={thresholdS}
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
  row: BoardQueue;
  isGone: boolean;
  isStale: boolean;
  thresholdS: number;
}

const QueueRow = memo(({ row, isGone, isStale, thresholdS }: RowProps) => {
  const t = text.value.board.queues;
  const { count, share } = figures.value;
  const since = longestOf(row);
  return (
    <tr
      data-testid="queue-row"
      data-queue-id={row.queue_id}
      class={`${isGone ? "is-gone" : ""} ${isStale ? "is-stale" : ""}`}
    >
      <th scope="row">{row.label}</th>
      <td class="figure strong">{count(row.waiting_since.length)}</td>
      <td class="figure">
        {since === null ? text.value.common.none : <Longest since={since} thresholdS={thresholdS} />}
      </td>
      <td class="figure">{share(row.answered_in_time, row.answered + row.abandoned)}</td>
      <td class="figure">{count(row.answered)}</td>
      <td class="figure">{count(row.abandoned)}</td>
      <td class="figure">{t.readyOf(count(row.ready), count(row.members))}</td>
    </tr>
  );
});

function Longest({ since, thresholdS }: { since: string; thresholdS: number }) {
  const over = isOver(since, thresholdS, second.value);
  return (
    <span class={over ? "over" : ""}>
      {over && <Icon name="triangle-alert" />}
      {over && <span class="over-word">{text.value.board.queues.over}</span>} <Clock since={since} />
    </span>
  );
}
