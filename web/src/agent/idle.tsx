/** Between calls: the queues, the agent's day, the customer before. Never an empty page. */

import { callerOf } from "../caller";
import { clock, dates, figures, text } from "../i18n";
import type { AgentView } from "../store";
import { Clock } from "../ui/clock";
import { Icon } from "../ui/icon";
import { areKeysOn } from "../ui/keys";
import { KeyCap, shortcut } from "../ui/pieces";
import { AGENT_ICONS } from "../ui/states";
import { nowForText } from "../ui/time";
import type { Desk, DispositionChoices, Instant } from "../wire";
import { useCalling } from "./calling";
import { DialButton } from "./dial";
import { DayFigures } from "./my-day";
import { IdleWork } from "./waiting-wrap-ups";

interface Props {
  view: AgentView;
  /** Until when after-call work lasts; null where there is none. */
  until: Instant | null;
  choices: DispositionChoices;
  onReopen(): void;
}

export function Idle({ view, until, choices, onReopen }: Props) {
  const t = text.value;
  const { desk, last, missed } = view;
  const { parked } = useCalling();
  const slot = last === null ? undefined : parked[last.call.call_id];
  return (
    <main class="idle" data-testid="idle">
      <section class={`idle-state state-${desk?.state ?? "offline"}`}>
        <Icon name={AGENT_ICONS[desk?.state ?? "ready"]} />
        <div>
          <h1>{desk === null ? t.link.connecting : headline(desk)}</h1>
          <p>{desk === null ? t.idle.lead : lead(desk)}</p>
        </div>
        {until !== null && <IdleWork until={until} choices={choices} />}
        <DialButton />
        <p class="idle-date">{dates.value.today(nowForText())}</p>
      </section>
      <section class="panel idle-queue" aria-label={t.idle.queue}>
        <h2>{t.idle.queue}</h2>
        <dl class="big-figures">
          <div>
            <dt>{t.agent.waiting}</dt>
            <dd data-testid="idle-waiting">
              {desk === null ? t.common.none : t.common.people(figures.value.count(desk.waiting))}
            </dd>
          </div>
          <div>
            <dt>{t.agent.longestWait}</dt>
            <dd>{desk?.longest_wait_since ? <Clock since={desk.longest_wait_since} /> : t.common.none}</dd>
          </div>
        </dl>
      </section>
      <section class="panel idle-day">
        <h2>{t.idle.today}</h2>
        <dl class="big-figures">
          <div>
            <dt>{t.agent.callsToday}</dt>
            <dd>{desk === null ? t.common.none : t.common.times(figures.value.count(desk.calls_today))}</dd>
          </div>
          <div>
            <dt>{t.agent.talkToday}</dt>
            <dd>{desk === null ? t.common.none : figures.value.span(desk.talk_s_today)}</dd>
          </div>
          <div>
            <dt>{t.agent.averageTalk}</dt>
            <dd>
              {desk === null || desk.calls_today === 0
                ? t.common.none
                : clock(desk.talk_s_today / desk.calls_today)}
            </dd>
          </div>
          <DayFigures callsToday={desk?.calls_today ?? null} />
        </dl>
      </section>
      <section class="panel idle-last">
        <h2>{t.agent.lastCustomer}</h2>
        {last === null ? (
          <p class="quiet-text">{t.agent.noLastCustomer}</p>
        ) : (
          <>
            <p class="idle-name">{callerOf(last)}</p>
            {last.ended_at !== null && (
              <p class="quiet-text">{t.agent.lastEnded(dates.value.time(last.ended_at))}</p>
            )}
            {slot !== undefined && <p data-testid="parked">{t.control.parked(slot)}</p>}
            <button
              type="button"
              class="button"
              data-testid="reopen"
              aria-keyshortcuts={shortcut("r")}
              onClick={onReopen}
            >
              <KeyCap>r</KeyCap>
              {t.agent.reopen}
            </button>
          </>
        )}
        {missed !== null && (
          <p class="idle-missed" data-testid="missed" data-reason={missed.reason}>
            <Icon name={missed.reason === "not_reached" ? "phone-outgoing" : "phone-missed"} />
            <span>
              {missed.reason === "not_reached" ? t.agent.dialled : t.agent.missed}{" "}
              {dates.value.time(missed.at)} · {callerOf(missed.offer)}
              <br />
              {t.withdrawn[missed.reason]}
            </span>
          </p>
        )}
      </section>
      {areKeysOn.value && <Keys />}
    </main>
  );
}

function Keys() {
  const t = text.value;
  const legend: readonly (readonly [string, string])[] = [
    ["a", t.idle.keysFor.all],
    ["o c n", t.idle.keysFor.tabs],
    ["g", t.idle.keysFor.products],
    ["1–3", t.idle.keysFor.suggestions],
    ["y d e z", t.idle.keysFor.outcomes],
    ["h–l x", t.idle.keysFor.household],
    ["f", t.idle.keysFor.find],
    ["m", t.idle.keysFor.fresh],
    ["w", t.idle.keysFor.write],
    ["t", t.idle.keysFor.caution],
    ["8 9", t.idle.keysFor.wrapUp],
    ["q u v b", t.idle.keysFor.controls],
    ["s", t.idle.keysFor.next],
    ["p r", t.idle.keysFor.putAway],
  ];
  return (
    <section class="panel idle-keys" aria-label={t.idle.keys} tabIndex={0}>
      <h2>{t.idle.keys}</h2>
      <ul>
        {legend.map(([key, what]) => (
          <li key={key}>
            <KeyCap>{key}</KeyCap>
            {what}
          </li>
        ))}
      </ul>
    </section>
  );
}

function headline(desk: Desk): string {
  const t = text.value;
  return desk.state === "ready" ? t.idle.title : t.agentStates[desk.state];
}

function lead(desk: Desk): string {
  const t = text.value.idle;
  switch (desk.state) {
    case "paused":
      return t.leadPaused;
    case "offline":
      return t.leadOffline;
    case "busy":
    case "dialling":
    case "talking":
    case "held":
      return t.leadBusy;
    case "wrap_up":
      return t.leadWrapUp;
    case "ready":
    case "ringing":
      return t.lead;
  }
}
