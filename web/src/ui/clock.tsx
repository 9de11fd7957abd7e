/** A clock that counts up from an instant. Each second changes one text node and draws nothing else again. */

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

export function Clock({ since, until, class: name }: Props) {
  const text = useMemo(() => {
    const start = Date.parse(since);
    if (until != null) return clock((Date.parse(until) - start) / 1000);
    return computed(() => clock((second.value - start) / 1000));
  }, [since, until]);
  return <span class={name === undefined ? "clock" : `clock ${name}`}>{text}</span>;
}
