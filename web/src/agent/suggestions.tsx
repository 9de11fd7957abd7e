/** What to offer and why, or why nothing. */

import { useState } from "preact/hooks";
import { centre, dates, figures, language, text } from "../i18n";
import type { OutcomeKind } from "../i18n/customer";
import { Icon } from "../ui/icon";
import { useKeys } from "../ui/keys";
import { KeyCap, shortcut } from "../ui/pieces";
import { nowForText } from "../ui/time";
import type { Card, CounsellingQuestion, Reason } from "../wire";
import { daysUntil } from "./due";
import { Outcomes } from "./outcomes";
import { mayOffer, Stopped } from "./stop";
import { outcomeOf } from "./told";

/** As many as have a key and fit without scrolling. */
const SHOWN = 3;
/** So long after its day a product is still about to run out: people buy it when they get round to it. */
const DUE_FOR_DAYS = 14;

interface Props {
  card: Card;
  callId: string;
  questions: readonly CounsellingQuestion[];
  isCovered: boolean;
}

export function Suggestions({ card, callId, questions, isCovered }: Props) {
  const t = text.value.say;
  const customerId = card.profile.customer_id;
  const suggestions = card.suggestions.filter((each) => mayOffer(card.stop, each)).slice(0, SHOWN);
  const [open, setOpen] = useState<string | null>(null);
  const toggle = (sku: string) => setOpen((now) => (now === sku ? null : sku));
  useKeys(Object.fromEntries(suggestions.map((each, index) => [String(index + 1), () => toggle(each.sku)])));

  if (isCovered && card.stop === null) return null;
  return (
    <div class="suggestions">
      <h2>
        <Icon name="lightbulb" />
        {t.title}
      </h2>
      {card.stop !== null && <Stopped stop={card.stop} />}
      {suggestions.length === 0 && card.stop === null && <p class="quiet-text">{t.none}</p>}
      <ol>
        {suggestions.map((each, index) => {
          const outcome = outcomeOf(callId, customerId, each.sku);
          return (
            <li key={each.sku}>
              <button
                type="button"
                class="suggestion"
                data-testid="suggestion"
                data-sku={each.sku}
                data-outcome={outcome}
                aria-expanded={open === each.sku}
                aria-keyshortcuts={shortcut(String(index + 1))}
                onClick={() => toggle(each.sku)}
              >
                <KeyCap>{String(index + 1)}</KeyCap>
                <span class="suggestion-name">{each.name}</span>
                <span class="suggestion-price">{figures.value.money(each.price_minor)}</span>
                <span class="suggestion-reason">{sentence(each.reason, questions)}</span>
                {open === each.sku && (
                  <span class="suggestion-details">{t.details(each.category, each.sku)}</span>
                )}
                <Told kind={outcome} />
              </button>
              {open === each.sku && (
                <Outcomes
                  customerId={customerId}
                  callId={callId}
                  suggestion={each}
                  onTold={() => setOpen(null)}
                />
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function Told({ kind }: { kind: OutcomeKind | undefined }) {
  if (kind === undefined) return null;
  return (
    <span class={`told told-${kind}`} data-testid="suggestion-told">
      <Icon name={kind === "accepted" ? "circle-check" : kind === "offered" ? "hourglass" : "circle-minus"} />
      {text.value.customer.outcomes[kind]}
    </span>
  );
}

/** A reason always has to be a sentence: one whose parts are missing is told as the plainest. */
export function sentence(reason: Reason, questions: readonly CounsellingQuestion[]): string {
  const sentences = text.value.say.reasons;
  const plainest = sentences.popular("");
  switch (reason.code) {
    case "replenishment":
      return reason.due_on === null ? plainest : runningOut(reason.due_on);
    case "counselling": {
      const question = questions.find((each) => each.id === reason.question);
      const option = question?.options.find((each) => each.id === reason.answer);
      return option === undefined ? plainest : sentences.counselling(option[language.value]);
    }
    case "popular":
      return plainest;
    case "bought_with":
    case "bought_together":
    case "bought_after":
    case "favourite_like":
      return reason.product === null ? plainest : sentences[reason.code](reason.product);
  }
}

/** Nobody is told that something is about to run out which has long done so. */
function runningOut(dueOn: string): string {
  const sentences = text.value.say.reasons;
  const when = dates.value.day(dueOn);
  const isPast = daysUntil(dueOn, nowForText(), centre.value.timeZone) < -DUE_FOR_DAYS;
  return isPast ? sentences.run_out(when) : sentences.replenishment(when);
}
