/** The sentences of a history: codes and parameters into words. Pure apart from the language. */

import { clock, figures, text } from "../i18n";
import type { Sentence } from "../i18n/why.ja";
import type { IconName } from "../ui/icons";
import type { Step, StepName, Verdict, VerdictCode } from "../wire";

export type Names = Readonly<Record<string, string>>;

export interface Look {
  tone: "good" | "muted" | "warning" | "critical" | "notice";
  icon: IconName;
}

const GOOD: Look = { tone: "good", icon: "circle-check" };
const MISSED: Look = { tone: "critical", icon: "circle-x" };
const INFO: Look = { tone: "muted", icon: "info" };
const TROUBLE: Look = { tone: "warning", icon: "triangle-alert" };

export const VERDICT_LOOKS: Record<VerdictCode, Look> = {
  painted: GOOD,
  not_painted: MISSED,
  no_browser: MISSED,
  over_before_card: MISSED,
  waits_for_card: { tone: "notice", icon: "hourglass" },
  no_screen: MISSED,
  no_agent: MISSED,
  not_offered: INFO,
  still_queued: { tone: "notice", icon: "hourglass" },
  abandoned_before_ring: INFO,
  nothing_rang: INFO,
  card_found: { tone: "muted", icon: "id-card" },
  card_late: TROUBLE,
  card_unavailable: TROUBLE,
  shared_number: { tone: "muted", icon: "users-round" },
  nobody: { tone: "muted", icon: "user-round-x" },
  no_number: { tone: "muted", icon: "eye-off" },
  internal: { tone: "muted", icon: "briefcase" },
  gap: TROUBLE,
  seen_late: TROUBLE,
  blocks_skipped: TROUBLE,
  steps_skipped: INFO,
};

/** What tells why; the rest is how an exchange goes about it. */
const TELLING: Partial<Record<StepName, IconName>> = {
  call_originated: "phone-outgoing",
  queue_entered: "hourglass",
  queue_abandoned: "phone-missed",
  telephone_rang: "phone",
  caller_known: "user-round-search",
  lookup_began: "search",
  lookup_ended: "id-card",
  offered: "phone-incoming",
  published: "arrow-up-right",
  no_screen: "circle-x",
  card_followed: "id-card",
  painted: "eye",
  answered: "phone-call",
  held: "circle-pause",
  resumed: "phone-call",
  withdrawn: "phone-missed",
  part_ended: "phone-off",
  blind_transferred: "phone-forwarded",
  attended_transferred: "phone-forwarded",
  call_picked_up: "phone-forwarded",
  call_parked: "parking-meter",
  call_unparked: "parking-meter",
  absorbed: "repeat-2",
  out_of_sight: "unplug",
  in_sight: "server",
  blocks_skipped: "triangle-alert",
  steps_skipped: "triangle-alert",
  closed: "phone-off",
};

export function isTelling(step: Step): boolean {
  return step.what in TELLING;
}

export function iconOf(step: Step): IconName {
  return TELLING[step.what] ?? "server";
}

export function verdictOf(verdict: Verdict, names: Names): string {
  const t = text.value.why;
  const { count, millis } = figures.value;
  const agent = nameOf(verdict.agent_id, names);
  const ms = millis(verdict.ms ?? null);
  const times = verdict.times ?? 1;
  const again = times > 1 ? ` ${t.sameAgain(count(times))}` : "";
  const counted = count(verdict.count ?? 0);
  const words: Record<VerdictCode, readonly string[]> = {
    painted: [agent, ms, wordOf(t.lookups, verdict.lookup)],
    not_painted: [agent, counted],
    no_browser: [agent],
    over_before_card: [agent, wordOf(t.ends, verdict.reason)],
    waits_for_card: [agent],
    no_screen: [agent],
    no_agent: [verdict.endpoint ?? ""],
    not_offered: [agent, verdict.endpoint ?? ""],
    still_queued: [],
    abandoned_before_ring: [],
    nothing_rang: [],
    card_found: [ms, wordOf(t.sources, verdict.source)],
    card_late: [agent, ms],
    card_unavailable: [],
    shared_number: [counted],
    nobody: [verdict.number ?? ""],
    no_number: [wordOf(t.kinds, verdict.kind)],
    internal: [verdict.number ?? ""],
    gap: [figures.value.seconds(verdict.seconds ?? 0)],
    seen_late: [],
    blocks_skipped: [counted],
    steps_skipped: [counted],
  };
  if (verdict.code === "gap" && verdict.seconds == null) return t.gapNow;
  return say(t.verdicts[verdict.code], words[verdict.code]) + again;
}

export function stepOf(step: Step, names: Names): string {
  const t = text.value.why;
  const data = step.data;
  const raw = (key: string) => String(data[key] ?? text.value.common.none);
  const agent = nameOf(typeof data.agent_id === "string" ? data.agent_id : null, names);
  const { count, seconds } = figures.value;
  const counted = count(Number(data.count ?? 0));
  const sentence = t.steps[step.what];
  switch (step.what) {
    case "channel_created":
    case "member_called":
    case "member_connected":
    case "member_no_answer":
      return say(sentence, [raw("endpoint")]);
    case "telephone_rang":
      return data.agent_id === null
        ? t.ringsNobody(raw("endpoint"))
        : t.steps.telephone_rang(raw("endpoint"), agent);
    case "caller_identified":
      return say(sentence, [raw("caller_number") || text.value.common.none]);
    case "call_originated":
      return say(sentence, [raw("number")]);
    case "dial_ended":
      return say(sentence, [wordOf(t.dialOutcomes, data.outcome)]);
    case "channel_ended":
      return say(sentence, [raw("cause")]);
    case "blind_transferred":
      return say(sentence, [raw("target")]);
    case "call_parked":
      return say(sentence, [raw("slot")]);
    case "call_unparked":
      return say(sentence, [wordOf(t.parkEnds, data.how)]);
    case "queue_entered":
    case "queue_left":
    case "queue_abandoned":
      return say(sentence, [raw("queue")]);
    case "caller_known":
      return say(sentence, [String(data.display || "") || wordOf(t.kinds, data.kind)]);
    case "lookup_began":
      return say(sentence, [raw("e164")]);
    case "lookup_ended":
      return say(sentence, [foundWhat(data)]);
    case "published":
      return say(sentence, [agent, count(Number(data.browsers ?? 0)), wordOf(t.lookups, data.lookup)]);
    case "card_followed":
      return say(sentence, [agent, wordOf(t.lookups, data.lookup)]);
    case "withdrawn":
    case "part_ended":
      return say(sentence, [agent, wordOf(t.ends, data.reason)]);
    case "out_of_sight":
      return say(sentence, [raw("cause")]);
    case "in_sight":
      return data.gap_s == null ? t.snapshot : say(sentence, [seconds(Number(data.gap_s))]);
    case "blocks_skipped":
    case "steps_skipped":
      return say(sentence, [counted]);
    case "closed":
      return say(sentence, [wordOf(t.outcomes, data.reason)]);
    default:
      return say(sentence, [agent]);
  }
}

/** Card found, from where, whose: as far as it is known. */
function foundWhat(data: Step["data"]): string {
  const t = text.value.why;
  const source = data.source === "" ? "" : wordOf(t.sources, data.source);
  return [wordOf(t.lookups, data.lookup), source, String(data.customer ?? "")]
    .filter((each) => each !== "")
    .join(" · ");
}

/** 1:02 for what lasted, given its two ends. */
export function lengthOf(from: string, until: string): string {
  return clock((Date.parse(until) - Date.parse(from)) / 1000);
}

function say(sentence: Sentence, words: readonly string[]): string {
  return typeof sentence === "string" ? sentence : sentence(...words);
}

function nameOf(agentId: string | null | undefined, names: Names): string {
  return agentId == null ? text.value.common.none : (names[agentId] ?? agentId);
}

/** A word of the catalogue; what a newer server says beyond it stays as it is. */
function wordOf(words: Readonly<Record<string, string>>, key: unknown): string {
  if (key === null || key === undefined || key === "") return text.value.common.none;
  return words[String(key)] ?? String(key);
}
