/** What the customer said when counselled, and the questions to ask. */

import { useState } from "preact/hooks";
import type { Failure } from "../api";
import { answerQuestion } from "../customers";
import { language, text } from "../i18n";
import { Icon } from "../ui/icon";
import type { Answer, Card, CounsellingQuestion } from "../wire";
import { AnswerField, type Value } from "./answer-field";
import { Trouble } from "./trouble";

/** To be keyed by the customer. */
export function Counselling({ card, questions }: { card: Card; questions: readonly CounsellingQuestion[] }) {
  const t = text.value.customer.counselling;
  const [isAsking, ask] = useState(false);
  const [failure, fail] = useState<Failure | null>(null);
  if (questions.length === 0 && card.answers.length === 0) return null;
  const given = new Map(card.answers.map((each) => [each.question, each.answer]));
  const answer = async (question: string, value: Value | null) => {
    const outcome = await answerQuestion(card.profile.customer_id, { question, answer: value });
    fail(outcome.kind === "ok" ? null : outcome);
  };
  return (
    <div class="counselling" data-testid="counselling">
      <h2>
        <Icon name="message-circle" />
        {t.title}
        {questions.length > 0 && (
          <button
            type="button"
            class="button quiet small"
            data-testid="counselling-ask"
            aria-expanded={isAsking}
            onClick={() => ask(!isAsking)}
          >
            {isAsking ? t.close : t.ask}
          </button>
        )}
      </h2>
      {!isAsking && card.answers.length === 0 && <p class="quiet-text">{t.none}</p>}
      <dl>
        {isAsking
          ? questions.map((question) => (
              <div key={question.id} data-question={question.id}>
                <dt id={`question-${question.id}`}>{question[language.value]}</dt>
                <dd>
                  <AnswerField
                    question={question}
                    value={given.get(question.id)}
                    onAnswer={(value) => void answer(question.id, value)}
                  />
                </dd>
              </div>
            ))
          : card.answers.map((each) => (
              <div key={each.question} data-question={each.question}>
                <dt>
                  {questions.find((one) => one.id === each.question)?.[language.value] ?? each.question}
                </dt>
                <dd>{said(each, questions)}</dd>
              </div>
            ))}
      </dl>
      <Trouble failure={failure} lead={t.failed} />
    </div>
  );
}

/** An answer in words; one the questions do not know any more as it was kept. */
export function said({ question, answer }: Answer, questions: readonly CounsellingQuestion[]): string {
  const { counselling } = text.value.customer;
  if (typeof answer === "boolean") return answer ? counselling.yes : counselling.no;
  const options = questions.find((each) => each.id === question)?.options ?? [];
  const ids = Array.isArray(answer) ? answer : [String(answer)];
  return text.value.common.listed(
    ids.map((id) => options.find((each) => each.id === id)?.[language.value] ?? id),
  );
}
