/** The eight figures on top, each with its formula on hover and focus. */

import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { clock, figures, text } from "../i18n";
import type { BoardView } from "../store";
import { Clock } from "../ui/clock";
import { Icon } from "../ui/icon";
import { second } from "../ui/time";
import { isOver, metricsOf, totalsOf } from "./metrics";

export function Tiles({ view }: { view: BoardView }) {
  const t = text.value.board;
  const { count, share, millis } = figures.value;
  const metrics = metricsOf(view);
  const totals = totalsOf(view);
  const { latency } = view;
  const [answered, abandoned, inTime, threshold] = [
    count(totals.answered),
    count(totals.abandoned),
    count(totals.answered_in_time),
    count(totals.threshold_s),
  ];
  const finished = totals.answered + totals.abandoned;
  return (
    <section class="tiles" aria-label={t.title}>
      <Tile
        name="service-level"
        value={share(totals.answered_in_time, finished)}
        note={t.notes["service-level"](threshold)}
        formula={t.formulas["service-level"](threshold, inTime, answered, abandoned)}
      />
      <Tile
        name="waiting"
        value={count(metrics.waiting)}
        note={t.notes.waitingIn(count(metrics.queuesWaiting))}
        formula={t.formulas.waiting}
      />
      <LongestTile since={metrics.longestSince} thresholdS={totals.threshold_s} />
      <Tile
        name="answered"
        value={answered}
        note={t.notes.answered(count(totals.offered))}
        formula={t.formulas.answered}
      />
      <Tile
        name="abandoned"
        value={abandoned}
        note={t.notes.abandoned(share(totals.abandoned, finished))}
        formula={t.formulas.abandoned(abandoned, answered)}
      />
      <Tile
        name="asa"
        value={totals.answered > 0 ? clock(totals.wait_answered_s / totals.answered) : text.value.common.none}
        note={t.notes.asa}
        formula={t.formulas.asa(clock(totals.wait_answered_s), answered)}
      />
      <Tile
        name="ready"
        value={`${count(metrics.ready)}/${count(metrics.onDuty)}`}
        note={t.notes.ready(count(metrics.onDuty))}
        formula={t.formulas.ready}
      />
      <Tile
        name="latency"
        value={millis(latency?.painted_p50_ms ?? null)}
        note={
          latency === null || latency.painted_p99_ms === null
            ? t.notes.latencyNone
            : t.notes.latency(millis(latency.painted_p99_ms))
        }
        formula={t.formulas.latency(count(latency?.count ?? 0), millis(latency?.server_p50_ms ?? null))}
      />
    </section>
  );
}

/** The only tile that turns by the mere passing of time, so the only one drawn again each second. */
function LongestTile({ since, thresholdS }: { since: string | null; thresholdS: number }) {
  const t = text.value.board;
  const seconds = figures.value.count(thresholdS);
  const over = since !== null && isOver(since, thresholdS, second.value);
  return (
    <Tile
      name="longest"
      value={since === null ? text.value.common.none : <Clock since={since} />}
      note={over ? t.notes.overThreshold(seconds) : t.notes.withinThreshold(seconds)}
      formula={t.formulas.longest(seconds)}
      isOver={over}
    />
  );
}

interface TileProps {
  name: keyof ReturnType<typeof tileNames>;
  value: ComponentChildren;
  note: string;
  formula: string;
  isOver?: boolean;
}

const tileNames = () => text.value.board.tiles;

function Tile({ name, value, note, formula, isOver: over = false }: TileProps) {
  const id = useId();
  const [isDismissed, dismiss] = useState(false);
  const label = tileNames()[name];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields; this groups a figure and its words
    <div
      class={over ? "tile is-over" : "tile"}
      role="group"
      aria-label={label}
      aria-describedby={id}
      tabIndex={0}
      data-testid={`tile-${name}`}
      onKeyDown={(event) => event.key === "Escape" && dismiss(true)}
      onBlur={() => dismiss(false)}
      onMouseLeave={() => dismiss(false)}
    >
      <p class="tile-label">{label}</p>
      <p class="tile-value">{value}</p>
      <p class="tile-note">
        {over && <Icon name="triangle-alert" />}
        {note}
      </p>
      <p class={isDismissed ? "tooltip is-dismissed" : "tooltip"} role="tooltip" id={id}>
        {formula}
      </p>
    </div>
  );
}
