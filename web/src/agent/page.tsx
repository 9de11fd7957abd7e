/** The agent's page: own state, the call, the caller. */

import { useLayoutEffect, useState } from "preact/hooks";
import "./agent.css";
import { useAlert } from "../alert/use-alert";
import { callerOf, numberOf, originOf } from "../caller";
import { dates, text } from "../i18n";
import { useLive } from "../live";
import { applyAgent, EMPTY_AGENT, putAway, reopenLast } from "../store";
import { useKeys } from "../ui/keys";
import { LinkBar } from "../ui/link-bars";
import { Bar } from "../ui/pieces";
import type { Me } from "../wire";
import { NO_CHOICES, useChoices } from "../wrap-up";
import { CallingProvider } from "./calling-provider";
import { Card } from "./card";
import { DeskStrip } from "./desk";
import { useHeld } from "./held";
import { Idle } from "./idle";
import { nextOffer, ringingOffer, shownOffer } from "./select";
import { CallStrip } from "./strip";
import { WaitingWrapUps } from "./waiting-wrap-ups";
import { openDrafts } from "./wrap-up-draft";

export function AgentPage({ me }: { me: Me }) {
  const t = text.value;
  const live = useLive(me.push_url, `agent:${me.agent_id}`, EMPTY_AGENT, applyAgent);
  const asked = useChoices();
  const choices = asked ?? NO_CHOICES;
  const [chosen, choose] = useState<string | null>(null);
  const view = live?.view.value ?? EMPTY_AGENT;
  // Who does not know yet what is to be said is not done with it either.
  const until = asked === null ? null : (view.desk?.wrap_up_until ?? null);
  const { shown, waiting } = useHeld(view, shownOffer(view, chosen));
  const ringing = ringingOffer(view);
  const became = view.offers.find((offer) => offer.offer_id === view.became);
  const announced =
    ringing !== null
      ? t.agent.ringing(callerOf(ringing), originOf(ringing))
      : became !== undefined
        ? t.agent.became(callerOf(became))
        : "";
  const title =
    ringing === null
      ? `${t.agent.pageTitle} — ${t.product}`
      : t.agent.ringTitle(callerOf(ringing), originOf(ringing));

  // Before anything is drawn from them.
  openDrafts(me.agent_id);
  // Not useEffect: in a hidden tab, where the title is all that is seen, that may come a minute late.
  useLayoutEffect(() => {
    document.title = title;
  }, [title]);

  useAlert(
    ringing === null
      ? null
      : {
          offerId: ringing.offer_id,
          title,
          body: numberOf(ringing.call.caller),
          mayBeHeard: view.offers.every((offer) => offer.state === "ringing"),
        },
  );

  const edit = (change: typeof putAway) => {
    if (live !== null) live.view.value = change(live.view.value);
  };
  const actions = {
    putAway: () => edit(putAway),
    reopen: () => edit(reopenLast),
    next: () => choose(nextOffer(view, shown)?.offer_id ?? null),
  };
  useKeys({
    ...(view.offers.length > 1 ? { s: actions.next } : {}),
    ...(shown?.state === "ended" ? { p: actions.putAway } : {}),
    ...(shown === null && view.last !== null ? { r: actions.reopen } : {}),
  });

  return (
    <div
      class="agent"
      data-live={live?.link.value.kind === "live"}
      data-mode={shown === null ? "idle" : shown.state}
    >
      <DeskStrip me={me} desk={view.desk} />
      <div class="bars">
        {live !== null && (
          <LinkBar link={live.link.value} whatWorks={() => t.link.lostForAgent} onRetry={live.retryNow} />
        )}
        {waiting !== null && (
          <Bar tone="notice" icon="hourglass" testId="waiting-card">
            <p>{t.agent.waits(callerOf(waiting))}</p>
            <button type="button" class="button" data-testid="show-now">
              {t.agent.showNow}
            </button>
          </Bar>
        )}
        {view.notices.map((notice) => (
          <Bar key={notice.code} tone="warning" icon="triangle-alert" testId="notice">
            <p>{t.notices[notice.code](dates.value.time(notice.since))}</p>
          </Bar>
        ))}
        <WaitingWrapUps view={view} shown={shown} choices={choices} />
      </div>
      <p class="visually-hidden" aria-live="polite" data-testid="announcement">
        {announced}
      </p>
      <CallingProvider view={view} shown={shown}>
        {shown !== null && (
          <CallStrip
            shown={shown}
            end={shown.offer_id === view.last?.offer_id ? view.lastEnd : null}
            hasBecome={shown.offer_id === view.became}
            others={view.offers.filter((offer) => offer.offer_id !== shown.offer_id)}
            onChoose={choose}
            onNext={actions.next}
            onPutAway={actions.putAway}
          />
        )}
        {shown === null ? (
          <Idle view={view} until={until} choices={choices} onReopen={actions.reopen} />
        ) : (
          <Card
            key={shown.offer_id}
            offer={shown}
            me={me}
            choices={choices}
            until={shown.state === "ended" ? until : null}
          />
        )}
      </CallingProvider>
    </div>
  );
}
