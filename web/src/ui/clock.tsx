/** Clocks that count up from an instant, or down to one. Each second changes one text node and draws nothing else again. */

import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { clock } from "../i18n";
import type { Instant } from "../wire";
import { second } from "./time";

interface Props {
  since: Instant;
  /** Where given, the clock stands: the length between the two. */
  until?: Instant | null;
  class?: string;
}

/** Counts down to an instant and stops there. */
export function Countdown({ until }: { until: Instant }) {
  const text = useMemo(() => {
    const end = Date.parse(until);
    // Rounded up: at the moment it begins a minute is left, not 59 seconds.
    return computed(() => clock(Math.ceil((end - second.value) / 1000)));
  }, [until]);
  return <span class="clock">{text}</span>;
}

export function Clock({ since, until, class: name }: Props) {
  const text = useMemo(() => {
    const start = Date.parse(since);
    if (until != null) return clock((Date.parse(until) - start) / 1000);
    return computed(() => clock((second.value - start) / 1000));
  }, [since, until]);
  return <span class={name === undefined ? "clock" : `clock ${name}`}>{text}</span>;
}
