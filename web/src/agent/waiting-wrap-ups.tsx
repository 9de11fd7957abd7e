/** Calls of which nothing was said before the next one came: offered again between calls. */

import { useState } from "preact/hooks";
import { dates, text } from "../i18n";
import type { AgentView } from "../store";
import { useKeys } from "../ui/keys";
import { Bar, KeyCap } from "../ui/pieces";
import type { DispositionChoices, Instant, Offer } from "../wire";
import { PICK_KEY, WrapUp } from "./wrap-up";
import { dropDraft, unsaid } from "./wrap-up-draft";
import { WrapUpWork } from "./wrap-up-work";

interface Props {
  view: AgentView;
  shown: Offer | null;
  choices: DispositionChoices;
}

export function WaitingWrapUps({ view, shown, choices }: Props) {
  const t = text.value.wrapUp;
  const [opened, open] = useState<string | null>(null);
  const onScreen = new Set([...view.offers.map((offer) => offer.offer_id), shown?.offer_id]);
  const waiting = unsaid.value.filter((draft) => !onScreen.has(draft.offerId));
  const isBetween = view.offers.every((offer) => offer.state === "ended");
  const draft = waiting.find((each) => each.offerId === opened) ?? waiting[0];
  const isOpen = draft !== undefined && draft.offerId === opened;
  const isOffered = draft !== undefined && choices.categories.length > 0 && (isBetween || isOpen);
  useKeys(shown === null && isOffered && !isOpen ? { [PICK_KEY]: () => open(draft.offerId) } : {});
  return (
    <>
      {/* What is open stays open, whatever rings: somebody writes there. */}
      {isOffered && (
        <Bar tone="notice" icon="clipboard-pen" testId="waiting-wrap-up">
          <p>{t.waiting(draft.who, dates.value.time(draft.answeredAt))}</p>
          <button
            type="button"
            class="button"
            data-testid="waiting-wrap-up-open"
            aria-expanded={isOpen}
            onClick={() => open(isOpen ? null : draft.offerId)}
          >
            {shown === null && !isOpen && <KeyCap>{PICK_KEY}</KeyCap>}
            {isOpen ? t.close : t.open}
          </button>
          <button
            type="button"
            class="button quiet"
            data-testid="waiting-wrap-up-drop"
            onClick={() => dropDraft(draft.offerId)}
          >
            {t.drop}
          </button>
        </Bar>
      )}
      {isOpen && (
        <div class="panel waiting-wrap-up">
          <WrapUp
            key={`${draft.offerId} ${draft.customerId}`}
            of={draft}
            choices={choices}
            until={null}
            hasKeys={shown === null}
          />
        </div>
      )}
    </>
  );
}

/** The after-call work while no card is shown: who has not spoken of the calls before is not done. */
export function IdleWork({ until, choices }: { until: Instant; choices: DispositionChoices }) {
  const [isRefused, refuse] = useState(false);
  const isWaiting = choices.categories.length > 0 && unsaid.value.length > 0;
  const before = async () => {
    refuse(isWaiting);
    return !isWaiting;
  };
  return (
    <>
      <WrapUpWork until={until} mayTakeLonger={choices.more_s > 0} before={before} />
      {isRefused && isWaiting && (
        <span class="inline-fault" role="alert" data-testid="wrap-up-refused">
          {text.value.wrapUp.others}
        </span>
      )}
    </>
  );
}
