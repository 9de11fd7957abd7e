/** No card: why, what is known all the same, and what to ask. */

import type { ComponentChildren } from "preact";
import { numberOf } from "../caller";
import { saidNobody, unidentify } from "../customers";
import { text } from "../i18n";
import { Icon } from "../ui/icon";
import type { IconName } from "../ui/icons";
import { CALLER_ICONS } from "../ui/states";
import type { CallerKind, Offer } from "../wire";
import { CallNumber } from "./dial";
import { Finder } from "./finder";
import { NewCustomer } from "./new-customer";

type Question = "name" | "reading" | "address" | "callback" | "purpose";

interface Kind {
  icon: IconName;
  title: string;
  lead: string;
  questions: readonly Question[];
}

/** Below what is known stands what is said of the call. */
export function Stranger({ offer, children }: { offer: Offer; children: ComponentChildren }) {
  const t = text.value.stranger;
  const { caller } = offer.call;
  const { icon, title, lead, questions } = kindOf(offer);
  const hasNumber = caller.display !== "";
  return (
    <main class="stranger">
      <section class="panel stranger-who" data-kind={caller.kind}>
        <div class="stranger-head">
          <Icon name={icon} class="stranger-icon" />
          <h1 data-testid="lookup-note">{title}</h1>
          <p>{lead}</p>
        </div>
        {(hasNumber || caller.name !== "") && (
          <dl class="stranger-facts">
            {hasNumber && (
              <div>
                <dt>{t.number}</dt>
                <dd class="stranger-number">
                  <CallNumber number={caller.display} label={numberOf(caller)} name={caller.name} />
                </dd>
              </div>
            )}
            {caller.name !== "" && (
              <div>
                <dt>{t.lineName}</dt>
                <dd>{caller.name}</dd>
              </div>
            )}
          </dl>
        )}
      </section>
      <div class="stranger-side">
        {questions.length > 0 && (
          <section class="panel stranger-find">
            <Finder callId={offer.call.call_id} />
            <NewCustomer callId={offer.call.call_id} number={hasNumber ? numberOf(caller) : ""} />
            {saidNobody.value.has(offer.call.call_id) && (
              <button
                type="button"
                class="button quiet"
                data-testid="household-back"
                onClick={() => void unidentify(offer.call.call_id)}
              >
                {text.value.customer.household.back}
              </button>
            )}
          </section>
        )}
        <div class="panel stranger-wrap-up">{children}</div>
      </div>
      {questions.length > 0 && (
        <section class="panel stranger-ask">
          <Checklist questions={questions} />
        </section>
      )}
    </main>
  );
}

/** Ticked by the agent while asking; kept by the browser as long as the call is shown, and nowhere else. */
function Checklist({ questions }: { questions: readonly Question[] }) {
  const t = text.value.stranger;
  return (
    <div class="checklist">
      <h2>
        <Icon name="list-checks" />
        {t.ask}
      </h2>
      <ul>
        {questions.map((question) => (
          <li key={question}>
            <label class="tick">
              <input type="checkbox" />
              {t.checklist[question]}
            </label>
          </li>
        ))}
      </ul>
      <p class="quiet-text">{t.askHint}</p>
    </div>
  );
}

const TO_REGISTER: readonly Question[] = ["name", "reading", "address", "purpose"];
const TO_CALL_BACK: readonly Question[] = ["name", "reading", "callback", "address", "purpose"];

function kindOf(offer: Offer): Kind {
  const t = text.value.stranger;
  const kind: CallerKind = offer.call.caller.kind;
  const icon = CALLER_ICONS[kind];
  switch (kind) {
    case "private":
      return { icon, title: t.private, lead: t.privateLead, questions: TO_CALL_BACK };
    case "pay_phone":
      return {
        icon,
        title: t.pay_phone,
        lead: t.payPhoneLead,
        questions: ["callback", "name", "reading", "address", "purpose"],
      };
    case "unavailable":
      return { icon, title: t.unavailable, lead: t.unavailableLead, questions: TO_CALL_BACK };
    case "out_of_area":
      return { icon, title: t.out_of_area, lead: t.unavailableLead, questions: TO_CALL_BACK };
    case "unreadable":
      return { icon, title: t.unreadable, lead: t.unreadableLead, questions: TO_CALL_BACK };
    case "extension":
      return { icon, title: t.extension, lead: t.extensionLead, questions: [] };
    case "number":
      if (offer.lookup === "unavailable") {
        return { icon: "triangle-alert", title: t.failed, lead: t.failedLead, questions: TO_REGISTER };
      }
      return { icon, title: t.unknown, lead: t.unknownLead, questions: TO_REGISTER };
  }
}
