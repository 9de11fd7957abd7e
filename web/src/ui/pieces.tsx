/** Small pieces every page uses. */

import type { ComponentChildren } from "preact";
import { dates, text } from "../i18n";
import type { AgentState, AgentStatus, Instant, Rank } from "../wire";
import { Icon } from "./icon";
import type { IconName } from "./icons";
import { areKeysOn } from "./keys";
import { RANK_ICONS, STATUS_ICONS } from "./states";
import { nowForText } from "./time";

/** A key cap, shown only while keys work. Screen readers are told through aria-keyshortcuts instead. */
export function KeyCap({ children }: { children: string }) {
  return areKeysOn.value ? (
    <span class="keycap" aria-hidden="true">
      {children.toUpperCase()}
    </span>
  ) : null;
}

/** For aria-keyshortcuts: absent while keys are turned off. */
export function shortcut(key: string): string | undefined {
  return areKeysOn.value ? key.toUpperCase() : undefined;
}

/** When something was, as people say it; the exact time on hover. */
export function When({ at, class: name }: { at: Instant; class?: string }) {
  return (
    <time class={name} dateTime={at} title={dates.value.exact(at)}>
      {dates.value.said(at, nowForText())}
    </time>
  );
}

export function RankBadge({ rank }: { rank: Rank }) {
  return (
    <span class={`badge rank-${rank}`}>
      <Icon name={RANK_ICONS[rank]} />
      {text.value.ranks[rank]}
    </span>
  );
}

export function Badge({
  tone,
  icon,
  children,
}: {
  tone: string;
  icon: IconName;
  children: ComponentChildren;
}) {
  return (
    <span class={`badge tone-${tone}`}>
      <Icon name={icon} />
      {children}
    </span>
  );
}

/** The agent's own choice, where the state beside it does not say it already: paused, and still talking. */
export function StatusMark({ state, status }: { state: AgentState; status: AgentStatus }) {
  const isSaid = status === "available" || state === "paused" || state === "offline";
  if (isSaid) return null;
  return (
    <span class={`status-mark status-${status}`} data-testid="status" data-status={status}>
      <Icon name={STATUS_ICONS[status]} />
      {text.value.agentStatuses[status]}
    </span>
  );
}

/** A line across the page: something works only in part. */
export function Bar(props: {
  tone: "critical" | "warning" | "notice";
  icon: IconName;
  testId?: string;
  children: ComponentChildren;
}) {
  return (
    <div class={`bar tone-${props.tone}`} role="status" data-testid={props.testId}>
      <Icon name={props.icon} />
      {props.children}
    </div>
  );
}
