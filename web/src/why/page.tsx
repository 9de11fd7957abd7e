/** Why a call popped or did not: the answer in sentences, then every step of it. */

import { useEffect, useRef, useState } from "preact/hooks";
import "./why.css";
import { fetchWhy } from "../api";
import { FLOOR, whyHref } from "../board/route";
import { boardCallerOf } from "../caller";
import { dates, figures, text } from "../i18n";
import { Clock } from "../ui/clock";
import { Icon } from "../ui/icon";
import { useKeys } from "../ui/keys";
import { Bar, KeyCap } from "../ui/pieces";
import { CALL_ICONS, OUTCOME_ICONS } from "../ui/states";
import { nowForText } from "../ui/time";
import type { CallSummary, Problem, Step, Why } from "../wire";
import { iconOf, isTelling, lengthOf, type Names, stepOf, VERDICT_LOOKS, verdictOf } from "./sentences";

/** A live call's page follows it this closely. */
const FOLLOW_MS = 2_000;

type Trouble = Problem["code"] | "unreachable" | null;

export function WhyPage({ callId }: { callId: string }) {
  const t = text.value.why;
  const [why, setWhy] = useState<Why | null>(null);
  const [trouble, setTrouble] = useState<Trouble>(null);
  const [asked, askAgain] = useState(0);
  const heading = useRef<HTMLHeadingElement>(null);
  const isLive = why !== null && why.call.outcome === null;
  useKeys({ escape: goBack });

  // Whoever came here by keyboard goes on from here.
  useEffect(() => heading.current?.focus(), [callId]);
  useEffect(() => {
    setWhy(null);
  }, [callId]);
  useEffect(() => {
    let isOver = false;
    void fetchWhy(callId).then((outcome) => {
      if (isOver) return;
      if (outcome.kind === "ok") {
        setWhy(outcome.value);
        // A call that became part of another goes on under the other's name.
        if (outcome.value.call.call_id !== callId) location.replace(whyHref(outcome.value.call.call_id));
      }
      setTrouble(outcome.kind === "ok" ? null : outcome.kind === "refused" ? outcome.code : "unreachable");
    });
    return () => {
      isOver = true;
    };
  }, [callId, asked]);
  useEffect(() => {
    if (!isLive) return;
    const timer = setInterval(() => askAgain((times) => times + 1), FOLLOW_MS);
    return () => clearInterval(timer);
  }, [isLive]);

  return (
    <main class="why" data-testid="why" data-call-id={callId}>
      <p class="why-back">
        <a class="button" href={FLOOR} data-testid="why-back" aria-keyshortcuts="Escape">
          <Icon name="arrow-left" />
          {t.back}
          <KeyCap>esc</KeyCap>
        </a>
      </p>
      <h1 tabIndex={-1} ref={heading}>
        {t.pageTitle}
      </h1>
      {trouble !== null && (
        <Bar tone={trouble === "not_found" ? "notice" : "warning"} icon="info" testId="why-trouble">
          <p>{trouble === "not_found" ? t.gone : t.failed}</p>
          {trouble !== "not_found" && (
            <button type="button" class="button" onClick={() => askAgain(asked + 1)}>
              {t.retry}
            </button>
          )}
        </Bar>
      )}
      {why === null && trouble === null && <p class="quiet-text why-loading">{t.loading}</p>}
      {why !== null && (
        <>
          <Head call={why.call} />
          {isLive && <p class="quiet-text">{t.live}</p>}
          <Answer why={why} />
          <Timeline steps={why.steps} names={why.names} />
        </>
      )}
    </main>
  );
}

function goBack(): void {
  location.hash = FLOOR;
}

function Head({ call }: { call: CallSummary }) {
  const t = text.value;
  const isOver = call.outcome !== null;
  return (
    <section class="panel why-head" aria-label={t.why.pageTitle}>
      <p class={`state-cell call-${isOver ? "ended" : call.state}`}>
        <Icon name={call.outcome === null ? CALL_ICONS[call.state] : OUTCOME_ICONS[call.outcome]} />
        {call.outcome === null ? t.callStates[call.state] : t.why.outcomes[call.outcome]}
      </p>
      <p class="why-who">{boardCallerOf(call)}</p>
      <ul class="why-facts">
        {call.customer_name !== null && <li>{call.caller.display}</li>}
        <li>{call.queue ?? t.directions[call.direction]}</li>
        <li>{t.why.began(dates.value.said(call.started_at, nowForText()))}</li>
        <li>
          {call.ended_at === null ? (
            <Clock since={call.started_at} />
          ) : (
            t.why.lasted(lengthOf(call.started_at, call.ended_at))
          )}
        </li>
        {call.agents.some((agent) => agent.is_answered) && (
          <li>
            {t.why.with(
              t.common.listed([
                ...new Set(call.agents.filter((agent) => agent.is_answered).map((agent) => agent.name)),
              ]),
            )}
          </li>
        )}
      </ul>
    </section>
  );
}

function Answer({ why }: { why: Why }) {
  return (
    <section class="panel why-answer">
      <h2>{text.value.why.answer}</h2>
      <ul>
        {why.verdicts.map((verdict) => {
          const { tone, icon } = VERDICT_LOOKS[verdict.code];
          const key = `${verdict.code} ${verdict.agent_id ?? ""} ${verdict.endpoint ?? ""} ${verdict.seconds ?? ""}`;
          return (
            <li key={key} data-testid="verdict" data-code={verdict.code}>
              <span class={`verdict-mark tone-${tone}`}>
                <Icon name={icon} />
              </span>
              {verdictOf(verdict, why.names)}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Timeline({ steps, names }: { steps: readonly Step[]; names: Names }) {
  const t = text.value.why;
  const [showsAll, showAll] = useState(false);
  const shown = showsAll ? steps : steps.filter(isTelling);
  return (
    <section class="panel why-steps">
      <div class="why-steps-head">
        <h2>{t.timeline}</h2>
        <p class="quiet-text">{t.timelineHint}</p>
        <label class="tick">
          <input
            type="checkbox"
            data-testid="why-all"
            checked={showsAll}
            onChange={() => showAll(!showsAll)}
          />
          {t.all}
        </label>
      </div>
      <ol>
        {shown.map((step, index) => (
          <Row
            key={index}
            step={step}
            sinceMs={index === 0 ? null : step.ms - (shown[index - 1]?.ms ?? 0)}
            names={names}
          />
        ))}
      </ol>
    </section>
  );
}

function Row({ step, sinceMs, names }: { step: Step; sinceMs: number | null; names: Names }) {
  const t = text.value.why;
  const [isOpen, open] = useState(false);
  return (
    <li data-testid="step" data-what={step.what} class={isTelling(step) ? "" : "is-detail"}>
      <time dateTime={step.at}>{dates.value.timeToTheMilli(step.at)}</time>
      <span class="step-since">{sinceMs === null ? "" : `+${figures.value.millis(sinceMs)}`}</span>
      <Icon name={iconOf(step)} />
      <span class="step-text">{stepOf(step, names)}</span>
      <button
        type="button"
        class="step-fold"
        title={t.raw}
        aria-label={t.raw}
        aria-expanded={isOpen}
        onClick={() => open(!isOpen)}
      >
        {"{ }"}
      </button>
      {isOpen && (
        <dl>
          <dt>{step.what}</dt>
          {Object.entries(step.data).map(([key, value]) => (
            <dd key={key}>
              {key} <code>{String(value)}</code>
            </dd>
          ))}
        </dl>
      )}
    </li>
  );
}
