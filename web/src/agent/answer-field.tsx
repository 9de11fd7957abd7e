/** The field for one answer, by the type of its question. */

import { useEffect, useState } from "preact/hooks";
import { language, text } from "../i18n";
import type { Answer, CounsellingQuestion } from "../wire";

export type Value = Answer["answer"];

interface Props {
  question: CounsellingQuestion;
  value: Value | undefined;
  /** Null takes the answer back. */
  onAnswer(value: Value | null): void;
}

export function AnswerField(props: Props) {
  switch (props.question.type) {
    case "choice":
    case "choices":
      return <Choices {...props} />;
    case "yes_no":
      return <YesNo {...props} />;
    case "number":
    case "date":
    case "text":
      return <Words {...props} />;
  }
}

/** A choice too has boxes and no radios: an answer can be taken back. */
function Choices({ question, value, onAnswer }: Props) {
  const chosen = Array.isArray(value) ? value : typeof value === "string" ? [value] : [];
  const isOne = question.type === "choice";
  const change = (id: string, isOn: boolean) => {
    const others = isOne ? [] : chosen.filter((each) => each !== id);
    const next = isOn ? [...others, id] : others;
    onAnswer(next.length === 0 ? null : isOne ? id : next);
  };
  return (
    <fieldset class="answers" aria-labelledby={`question-${question.id}`}>
      {question.options.map((option) => (
        <Box
          key={option.id}
          label={option[language.value]}
          isOn={chosen.includes(option.id)}
          onTurn={(isOn) => change(option.id, isOn)}
        />
      ))}
    </fieldset>
  );
}

function YesNo({ question, value, onAnswer }: Props) {
  const t = text.value.customer.counselling;
  return (
    <fieldset class="answers" aria-labelledby={`question-${question.id}`}>
      {[true, false].map((each) => (
        <Box
          key={String(each)}
          label={each ? t.yes : t.no}
          isOn={value === each}
          onTurn={(isOn) => onAnswer(isOn ? each : null)}
        />
      ))}
    </fieldset>
  );
}

function Box({ label, isOn, onTurn }: { label: string; isOn: boolean; onTurn(isOn: boolean): void }) {
  return (
    <label class="tick">
      <input type="checkbox" checked={isOn} onChange={(event) => onTurn(event.currentTarget.checked)} />
      {label}
    </label>
  );
}

/** What is typed is the field's own until it is left: a fresh card must not write over it. */
function Words({ question, value, onAnswer }: Props) {
  const t = text.value.customer.counselling;
  const [typed, type] = useState<string | null>(null);
  const [isWrong, blame] = useState(false);
  const [sent, send] = useState<string | null>(null);
  const given = value === undefined ? "" : String(value);
  // The fresh card says what was sent: from then on the field says what the card says.
  useEffect(() => {
    if (given === sent) type(null);
  }, [given, sent]);
  const leave = () => {
    if (typed === null || typed.trim() === given) return;
    const words = typed.trim();
    const number = Number(words.normalize("NFKC"));
    const wrong = question.type === "number" && words !== "" && !Number.isFinite(number);
    blame(wrong);
    if (wrong) return;
    if (words === sent) return;
    send(words);
    onAnswer(words === "" ? null : question.type === "number" ? number : words);
  };
  return (
    <span class="answer-words" data-typing>
      <input
        // The types of the element know no type that is one of two.
        type={(question.type === "date" ? "date" : "text") as "text"}
        inputMode={question.type === "number" ? "decimal" : "text"}
        class="input"
        autocomplete="off"
        aria-labelledby={`question-${question.id}`}
        aria-invalid={isWrong}
        data-testid="answer-words"
        value={typed ?? given}
        onInput={(event) => type(event.currentTarget.value)}
        onBlur={leave}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.isComposing) leave();
        }}
      />
      {isWrong && <span class="inline-fault">{t.wrong}</span>}
    </span>
  );
}
