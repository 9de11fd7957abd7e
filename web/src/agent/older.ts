/** Pages through what the card has no room for. */

import { useState } from "preact/hooks";
import type { Failure } from "../api";
import { fetchPage, type Pages } from "../customers";

export interface PagesOf<Item> {
  items: readonly Item[];
  /** There may be more. */
  isOver: boolean;
  failure: Failure | null;
  load(): Promise<void>;
}

/** To be keyed by the customer; the call is written down as what they are read for. Pages begin with the newest, which the card holds already. */
export function useOlder<Part extends keyof Pages>(
  customerId: number,
  part: Part,
  callId: string,
): PagesOf<Pages[Part]["items"][number]> {
  const [items, keep] = useState<readonly Pages[Part]["items"][number][]>([]);
  const [next, turn] = useState<string | null | undefined>(undefined);
  const [failure, fail] = useState<Failure | null>(null);
  const [isLoading, be] = useState(false);
  const load = async () => {
    if (isLoading || next === null) return;
    be(true);
    const outcome = await fetchPage(customerId, part, next ?? null, callId);
    be(false);
    fail(outcome.kind === "ok" ? null : outcome);
    if (outcome.kind !== "ok") return;
    keep((before) => [...before, ...outcome.value.items]);
    turn(outcome.value.next);
  };
  return { items, isOver: next === null, failure, load };
}
