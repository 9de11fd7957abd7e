/** What a call was: category and disposition, what they require, the note, and the time left for it. */

import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { figures, language, text } from "../i18n";
import { Icon } from "../ui/icon";
import { useKeys } from "../ui/keys";
import { KeyCap, shortcut } from "../ui/pieces";
import type { DispositionChoices, Instant } from "../wire";
import { DispositionPicker } from "./disposition-picker";
import { NoteEditor } from "./note-editor";
import { type Saying, type Subject, useSaying } from "./saying";
import { Trouble } from "./trouble";
import type { Field } from "./wrap-up-draft";
import { WrapUpWork } from "./wrap-up-work";

export const PICK_KEY = "8";

interface Props {
  of: Subject;
  choices: DispositionChoices;
  /** Until when the after-call work lasts; null where there is none. */
  until: Instant | null;
  /** Nobody spoke on it yet: there is nothing to say but a note. */
  isOnlyNote?: boolean;
  /** Another one beside it has the keys. */
  hasKeys?: boolean;
}

/** To be keyed by offer and customer. */
export function WrapUp({ of, choices, until, isOnlyNote = false, hasKeys = true }: Props) {
  const t = text.value.wrapUp;
  const shown = isOnlyNote ? { ...choices, categories: [] } : choices;
  const saying = useSaying(of, shown);
  const leave = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.isComposing && event.target instanceof HTMLElement)
      event.target.blur();
  };
  return (
    <section class="wrap-up" aria-label={t.title} data-testid="wrap-up" onKeyDown={leave}>
      {shown.categories.length > 0 && <Words saying={saying} choices={shown} hasKeys={hasKeys} />}
      {of.customerId !== null && <NoteEditor note={saying.note} onSave={() => void saying.save(false)} />}
      {until !== null && (
        <WrapUpWork until={until} mayTakeLonger={choices.more_s > 0} before={() => saying.save(true)} />
      )}
    </section>
  );
}

interface WordsProps {
  saying: Saying;
  choices: DispositionChoices;
  hasKeys: boolean;
}

function Words({ saying, choices, hasKeys }: WordsProps) {
  const t = text.value.wrapUp;
  const id = useId();
  const [isOpen, open] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const fields = useRef<HTMLDivElement>(null);
  const isPicked = useRef(false);
  const { draft, choice, change } = saying;
  const category = choices.categories.find((each) => each.id === draft.category);
  useKeys(hasKeys ? { [PICK_KEY]: () => open(true) } : {});
  const close = () => {
    open(false);
    opener.current?.focus();
  };
  const pick = (of: string, one: string) => {
    change({ category: of, disposition: one });
    open(false);
    isPicked.current = true;
  };
  // On to what is required besides, before the paint: what is typed next is meant for it. Without any, keys
  // are the page's again.
  useLayoutEffect(() => {
    if (!isPicked.current) return;
    isPicked.current = false;
    const empty = [...(fields.current?.querySelectorAll("input") ?? [])].find((each) => each.value === "");
    (empty ?? opener.current)?.focus();
  });
  return (
    <div class="wrap-up-words" data-said={draft.isSaid}>
      {isOpen && (
        <DispositionPicker
          id={id}
          categories={choices.categories}
          category={draft.category}
          disposition={draft.disposition}
          onPick={pick}
          onClose={close}
        />
      )}
      <div class="wrap-up-row">
        <button
          ref={opener}
          type="button"
          class="button wrap-up-pick"
          data-testid="wrap-up-pick"
          aria-expanded={isOpen}
          aria-controls={isOpen ? id : undefined}
          aria-keyshortcuts={shortcut(PICK_KEY)}
          onClick={() => open(!isOpen)}
        >
          <KeyCap>{PICK_KEY}</KeyCap>
          <span class="wrap-up-chosen">
            {choice === null || category === undefined
              ? t.pick
              : t.picked(category[language.value], choice[language.value])}
          </span>
          {draft.isSaid && <Icon name="circle-check" />}
        </button>
        {choice !== null && !draft.isSaid && (
          <button
            type="button"
            class="button"
            data-testid="wrap-up-save"
            onClick={() => void saying.save(false)}
          >
            {t.save}
          </button>
        )}
      </div>
      {choice !== null && <Fields box={fields} saying={saying} />}
      <Told saying={saying} />
    </div>
  );
}

/** What the disposition requires besides a note and a customer. Enter goes on to the next, and out of the last. */
function Fields({ box, saying }: { box: { current: HTMLDivElement | null }; saying: Saying }) {
  const t = text.value.wrapUp;
  const { draft, choice, missing, change } = saying;
  const asks = (field: Field) => choice?.requires.includes(field) ?? false;
  const next = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) void saying.save(false);
    const inputs = [...(box.current?.querySelectorAll("input") ?? [])];
    const here = event.target as HTMLInputElement;
    const following = inputs[inputs.indexOf(here) + 1];
    if (following === undefined) here.blur();
    else following.focus();
  };
  const isAmountWrong = draft.amount.trim() !== "" && figures.value.minorOf(draft.amount) === null;
  if (!asks("amount") && !asks("follow_up_on")) return <div ref={box} hidden />;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Enter belongs to the fields within
    <div ref={box} class="wrap-up-fields" data-typing onKeyDown={next}>
      {asks("amount") && (
        <label>
          <Label words={t.fields.amount} />
          <input
            type="text"
            inputMode="decimal"
            autocomplete="off"
            class="input"
            data-testid="wrap-up-amount"
            required
            value={draft.amount}
            aria-invalid={isAmountWrong || (saying.refusal === "missing" && missing.includes("amount"))}
            onInput={(event) => change({ amount: event.currentTarget.value })}
          />
        </label>
      )}
      {asks("follow_up_on") && (
        <label>
          <Label words={t.fields.follow_up_on} />
          <input
            type={"date" as "text"}
            class="input"
            data-testid="wrap-up-follow-up"
            required
            value={draft.followUpOn}
            aria-invalid={saying.refusal === "missing" && missing.includes("follow_up_on")}
            onInput={(event) => change({ followUpOn: event.currentTarget.value })}
          />
        </label>
      )}
      {isAmountWrong && <p class="inline-fault">{text.value.customer.amountWrong}</p>}
    </div>
  );
}

function Label({ words }: { words: string }) {
  return (
    <span class="wrap-up-label">
      {words} <span class="wrap-up-required">{text.value.wrapUp.required}</span>
    </span>
  );
}

/** What is still missing, why it was not saved, or that it was. */
function Told({ saying }: { saying: Saying }) {
  const t = text.value.wrapUp;
  const { refusal, missing } = saying;
  const names = text.value.common.listed(missing.map((field) => t.fields[field]));
  if (refusal === "choose") {
    return (
      <p class="inline-fault" role="alert" data-testid="wrap-up-refused">
        {t.choose}
      </p>
    );
  }
  if (refusal === "missing" && missing.length > 0) {
    return (
      <p class="inline-fault" role="alert" data-testid="wrap-up-refused">
        {t.missing(names)}
      </p>
    );
  }
  if (refusal !== null && typeof refusal === "object") return <Trouble failure={refusal} lead={t.failed} />;
  if (missing.length > 0) {
    return (
      <p class="quiet-text" data-testid="wrap-up-missing">
        {t.missing(names)}
      </p>
    );
  }
  return (
    <p class="quiet-text note-state" role="status" data-testid="wrap-up-state">
      {saying.isSaved ? t.saved : ""}
    </p>
  );
}
