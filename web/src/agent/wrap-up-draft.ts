/** What is being said of calls, by offer; it outlives the page, and is its agent's alone. */

import { computed, signal } from "@preact/signals";
import type { DispositionChoice, DispositionChoices, Instant } from "../wire";

export type Field = "amount" | "follow_up_on" | "note" | "customer";

export interface WrapUpDraft {
  readonly offerId: string;
  readonly callId: string;
  /** Whose card it is said on. */
  readonly customerId: number | null;
  /** Who called, as the page says it. */
  readonly who: string;
  readonly answeredAt: Instant;
  readonly category: string | null;
  readonly disposition: string | null;
  /** As typed. */
  readonly amount: string;
  readonly followUpOn: string;
  /** A note was saved for this call. */
  readonly isNoted: boolean;
  /** It was sent as it stands here. */
  readonly isSaid: boolean;
}

type Drafts = Readonly<Record<string, WrapUpDraft>>;

const PREFIX = "cti-bridge.wrap-up.";
/** Longer than any shift: what is older nobody remembers. */
const KEPT_MS = 12 * 3600 * 1000;

const whose = signal("");
const drafts = signal<Drafts>({});

/** Those that are not said yet, the oldest first. */
export const unsaid = computed(() =>
  Object.values(drafts.value)
    .filter((draft) => !draft.isSaid)
    .sort((a, b) => Date.parse(a.answeredAt) - Date.parse(b.answeredAt)),
);

/** From here on drafts are this agent's. */
export function openDrafts(agentId: string, now = Date.now()): void {
  if (whose.value === agentId) return;
  whose.value = agentId;
  drafts.value = Object.fromEntries(
    Object.entries(read(PREFIX + agentId)).filter(([, each]) => now - Date.parse(each.answeredAt) < KEPT_MS),
  );
}

export function draftOf(offerId: string): WrapUpDraft | undefined {
  return drafts.value[offerId];
}

export function keepDraft(draft: WrapUpDraft): void {
  write({ ...drafts.value, [draft.offerId]: draft });
}

export function dropDraft(offerId: string): void {
  const { [offerId]: _gone, ...others } = drafts.value;
  write(others);
}

export function newWrapUp(of: Pick<WrapUpDraft, "offerId" | "callId" | "customerId" | "who" | "answeredAt">) {
  const nothing = { category: null, disposition: null, amount: "", followUpOn: "" };
  return { ...of, ...nothing, isNoted: false, isSaid: false } satisfies WrapUpDraft;
}

export function chosenIn(choices: DispositionChoices, draft: WrapUpDraft): DispositionChoice | null {
  const category = choices.categories.find((each) => each.id === draft.category);
  return category?.dispositions.find((each) => each.id === draft.disposition) ?? null;
}

/** What must be said besides and is not yet. `minor`: the amount, null where what was typed is none. */
export function missingIn(
  choice: DispositionChoice,
  draft: WrapUpDraft,
  minor: number | null,
  hasNote: boolean,
): Field[] {
  const isThere: Record<Field, boolean> = {
    customer: draft.customerId !== null,
    amount: minor !== null,
    follow_up_on: draft.followUpOn !== "",
    note: draft.isNoted || hasNote,
  };
  return choice.requires.filter((field) => !isThere[field]);
}

function write(next: Drafts): void {
  drafts.value = next;
  try {
    if (Object.keys(next).length === 0) localStorage.removeItem(PREFIX + whose.value);
    else localStorage.setItem(PREFIX + whose.value, JSON.stringify(next));
  } catch {
    // Full or forbidden: drafts live as long as the page.
  }
}

function read(key: string): Drafts {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    if (typeof found !== "object" || found === null) return {};
    return Object.fromEntries(Object.entries(found).filter(([, each]) => isDraft(each)));
  } catch {
    // Storage may be forbidden or hold somebody else's text: nothing was kept.
    return {};
  }
}

const TEXTS = ["offerId", "callId", "who", "answeredAt", "amount", "followUpOn"] as const;

function isDraft(found: unknown): found is WrapUpDraft {
  if (typeof found !== "object" || found === null) return false;
  const each = found as Record<string, unknown>;
  const isId = (value: unknown) => value === null || typeof value === "string";
  return (
    TEXTS.every((name) => typeof each[name] === "string") &&
    isId(each.category) &&
    isId(each.disposition) &&
    (each.customerId === null || typeof each.customerId === "number") &&
    typeof each.isNoted === "boolean" &&
    typeof each.isSaid === "boolean"
  );
}
