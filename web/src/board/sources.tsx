/** The telephone exchanges: reached or not, since when, and the last time nothing was seen. */

import { clock, dates, text } from "../i18n";
import type { BoardView } from "../store";
import { Icon } from "../ui/icon";
import { Bar } from "../ui/pieces";
import { nowForText } from "../ui/time";

/** One bar for each exchange out of reach: part of the board is as of then. */
export function SourceBars({ view }: { view: BoardView }) {
  const t = text.value.board.sources;
  return [...view.sources.values()]
    .filter((source) => !source.is_connected)
    .map((source) => (
      <Bar key={source.pbx} tone="warning" icon="unplug" testId="source-lost">
        <p>
          <strong>{t.lostBar(source.pbx)}</strong> {t.stale(dates.value.timeToTheSecond(source.since))}
        </p>
      </Bar>
    ));
}

export function Sources({ view }: { view: BoardView }) {
  const t = text.value.board.sources;
  return (
    <section class="panel board-sources" aria-label={t.title}>
      <h2>{t.title}</h2>
      <ul>
        {[...view.sources.values()].map((source) => (
          <li
            key={source.pbx}
            class={source.is_connected ? "source" : "source is-stale"}
            data-testid="source"
            data-pbx={source.pbx}
            data-connected={source.is_connected}
          >
            <span class={`state-cell ${source.is_connected ? "state-ready" : "state-offline"}`}>
              <Icon name={source.is_connected ? "server" : "unplug"} />
              {source.pbx} {source.is_connected ? t.connected : t.lost}
            </span>
            <span>{t.since(dates.value.said(source.since, nowForText()))}</span>
            <span class="quiet-text">
              {source.last_gap_s === null ? t.noGap : t.gap(clock(source.last_gap_s))}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
