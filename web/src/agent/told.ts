/** What became of suggestions in a call, kept as long as the page is open. */

import { signal } from "@preact/signals";
import type { OutcomeKind } from "../i18n/customer";

const outcomes = signal<Readonly<Record<string, OutcomeKind>>>({});

const keyOf = (callId: string, customerId: number, sku: string) => `${callId} ${customerId} ${sku}`;

export function outcomeOf(callId: string, customerId: number, sku: string): OutcomeKind | undefined {
  return outcomes.value[keyOf(callId, customerId, sku)];
}

export function keepOutcome(callId: string, customerId: number, sku: string, outcome: OutcomeKind): void {
  outcomes.value = { ...outcomes.value, [keyOf(callId, customerId, sku)]: outcome };
}
