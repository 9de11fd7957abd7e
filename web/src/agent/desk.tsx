/** The topmost strip: the agent's state and clock, the queues, the day, the switches. */

import { clock, figures, text } from "../i18n";
import { Clock, Countdown } from "../ui/clock";
import { Icon } from "../ui/icon";
import { StatusMark } from "../ui/pieces";
import { DisplayMenu, LanguageSwitch, SignOut } from "../ui/preferences";
import { AGENT_ICONS } from "../ui/states";
import type { Desk, Me } from "../wire";
import { Pause } from "./pause";

export function DeskStrip({ me, desk }: { me: Me; desk: Desk | null }) {
  return (
    <header class="desk">
      <div class="desk-me">
        <span class="desk-name">{me.name}</span>
        {desk !== null && <State desk={desk} />}
        {desk !== null && <Pause me={me} desk={desk} />}
      </div>
      {desk !== null && <Figures desk={desk} />}
      <div class="desk-tools">
        <LanguageSwitch />
        <DisplayMenu />
        <SignOut />
      </div>
    </header>
  );
}

function State({ desk }: { desk: Desk }) {
  const t = text.value;
  return (
    <span class={`desk-state state-${desk.state}`} data-testid="agent-state" data-state={desk.state}>
      <Icon name={AGENT_ICONS[desk.state]} />
      <strong>{t.agentStates[desk.state]}</strong>
      {desk.state === "paused" && desk.pause_reason !== "" && <span>{desk.pause_reason}</span>}
      {desk.wrap_up_until === null ? (
        <Clock since={desk.state_since} />
      ) : (
        <span data-testid="wrap-up-left">
          {t.agent.left} <Countdown until={desk.wrap_up_until} />
        </span>
      )}
      <StatusMark state={desk.state} status={desk.status} />
    </span>
  );
}

function Figures({ desk }: { desk: Desk }) {
  const t = text.value;
  return (
    <dl class="desk-figures">
      <div>
        <dt>{t.agent.waiting}</dt>
        <dd>{t.common.people(figures.value.count(desk.waiting))}</dd>
      </div>
      {desk.longest_wait_since !== null && (
        <div>
          <dt>{t.agent.longestWait}</dt>
          <dd>
            <Clock since={desk.longest_wait_since} />
          </dd>
        </div>
      )}
      <div class="desk-today">
        <dt>{t.agent.callsToday}</dt>
        <dd>{t.common.times(figures.value.count(desk.calls_today))}</dd>
      </div>
      <div class="desk-talk">
        <dt>{t.agent.talkToday}</dt>
        <dd>{clock(desk.talk_s_today)}</dd>
      </div>
    </dl>
  );
}
