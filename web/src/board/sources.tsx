/** The telephone exchanges: reached or not, since when, and the last time nothing was seen. */

import { clock, dates, figures, text } from "../i18n";
import type { BoardView } from "../store";
import { Icon } from "../ui/icon";
import { Bar } from "../ui/pieces";
import { nowForText, second } from "../ui/time";
import type { BoardSource } from "../wire";

/** For so long after a gap the board says that there was one: who looks up from a talk must not miss it. */
const GAP_SHOWN_MS = 10 * 60_000;

/** One bar for each exchange out of reach, part of the board being as of then, and for each that was lately. */
export function SourceBars({ view }: { view: BoardView }) {
  const t = text.value.board.sources;
  const sources = [...view.sources.values()];
  return [
    ...sources
      .filter((source) => !source.is_connected)
      .map((source) => (
        <Bar key={source.pbx} tone="warning" icon="unplug" testId="source-lost">
          <p>
            <strong>{t.lostBar(source.pbx)}</strong> {t.stale(dates.value.timeToTheSecond(source.since))}
          </p>
        </Bar>
      )),
    ...sources
      .filter((source) => isFresh(source, second.value))
      .map((source) => <GapBar key={`gap ${source.pbx}`} source={source} />),
  ];
}

/** Whether an exchange was out of sight lately. */
export function isFresh(source: BoardSource, nowMs: number): boolean {
  return source.is_connected && source.last_gap_s !== null && nowMs - Date.parse(source.since) < GAP_SHOWN_MS;
}

function GapBar({ source }: { source: BoardSource }) {
  const t = text.value.board.sources;
  const gapS = source.last_gap_s ?? 0;
  const lost = dates.value.timeToTheSecond(Date.parse(source.since) - gapS * 1000);
  return (
    <Bar tone="notice" icon="unplug" testId="source-gap">
      <p>
        <strong>{t.gapBar(source.pbx, lost, figures.value.seconds(gapS))}</strong> {t.gapMeans}
      </p>
    </Bar>
  );
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
