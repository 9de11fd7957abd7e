/** What colleagues must see first: the cautions, how one ends, and how one is written. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Failure } from "../api";
import { addCaution, endCaution } from "../customers";
import { text } from "../i18n";
import { Icon } from "../ui/icon";
import { useKeys } from "../ui/keys";
import { KeyCap, shortcut } from "../ui/pieces";
import { SEVERITY_ICONS } from "../ui/states";
import type { Caution, Severity } from "../wire";
import { Trouble } from "./trouble";

const SEVERITIES: readonly Severity[] = ["critical", "warning", "notice"];
const ADD_KEY = "t";
/** As the server allows. */
const MAX_CHARS = 300;

export function Cautions({ cautions }: { cautions: readonly Caution[] }) {
  if (cautions.length === 0) return null;
  const rank = (caution: Caution) => SEVERITIES.indexOf(caution.severity);
  return (
    <ul class="cautions" aria-label={text.value.card.cautions} data-testid="cautions">
      {[...cautions]
        .sort((a, b) => rank(a) - rank(b))
        .map((caution) => (
          <Row key={caution.caution_id} caution={caution} />
        ))}
    </ul>
  );
}

/** A caution ends in two steps: it is there because something must not be forgotten. */
function Row({ caution }: { caution: Caution }) {
  const t = text.value;
  const words = t.customer.cautions;
  const [isAsked, ask] = useState(false);
  const [failure, fail] = useState<Failure | null>(null);
  const end = async () => {
    const outcome = await endCaution(caution.caution_id);
    fail(outcome.kind === "ok" ? null : outcome);
    ask(false);
  };
  return (
    <li class={`caution tone-${caution.severity}`}>
      <Icon name={SEVERITY_ICONS[caution.severity]} />
      <div class="caution-body">
        <p>
          <strong>{t.severities[caution.severity]}</strong> {caution.text}
        </p>
        {isAsked && (
          <p class="caution-ask">
            <button type="button" class="button" data-testid="caution-end-now" onClick={() => void end()}>
              {words.endNow}
            </button>
            <button type="button" class="button" onClick={() => ask(false)}>
              {words.keep}
            </button>
          </p>
        )}
        <Trouble failure={failure} lead={words.failed} />
      </div>
      {!isAsked && (
        <button
          type="button"
          class="icon-button"
          data-testid="caution-end"
          title={words.end}
          aria-label={words.end}
          onClick={() => ask(true)}
        >
          <Icon name="x" />
        </button>
      )}
    </li>
  );
}

/** To be keyed by the customer. */
export function NewCaution({ customerId }: { customerId: number }) {
  const t = text.value;
  const words = t.customer.cautions;
  const [isOpen, open] = useState(false);
  const [said, say] = useState("");
  const [severity, weigh] = useState<Severity>("warning");
  const [failure, fail] = useState<Failure | null>(null);
  const box = useRef<HTMLInputElement>(null);
  useKeys(isOpen ? {} : { [ADD_KEY]: () => open(true) });
  // From the next letter on it is typed into.
  useLayoutEffect(() => {
    if (isOpen) box.current?.focus();
  }, [isOpen]);

  const save = async () => {
    if (said.trim() === "") return;
    const outcome = await addCaution(customerId, { severity, text: said });
    fail(outcome.kind === "ok" ? null : outcome);
    if (outcome.kind !== "ok") return;
    say("");
    open(false);
  };
  if (!isOpen) {
    return (
      <button
        type="button"
        class="button quiet"
        data-testid="caution-add"
        aria-keyshortcuts={shortcut(ADD_KEY)}
        onClick={() => open(true)}
      >
        <KeyCap>{ADD_KEY}</KeyCap>
        {words.add}
      </button>
    );
  }
  return (
    <form
      class="new-caution"
      data-typing
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.isComposing) open(false);
      }}
    >
      <input
        ref={box}
        type="text"
        class="input"
        aria-label={words.text}
        maxLength={MAX_CHARS}
        data-testid="caution-text"
        value={said}
        onInput={(event) => say(event.currentTarget.value)}
      />
      <select
        class="input"
        aria-label={words.severity}
        data-testid="caution-severity"
        value={severity}
        onChange={(event) => weigh(event.currentTarget.value as Severity)}
      >
        {SEVERITIES.map((each) => (
          <option key={each} value={each}>
            {t.severities[each]}
          </option>
        ))}
      </select>
      <button type="submit" class="button" data-testid="caution-save" disabled={said.trim() === ""}>
        {words.save}
      </button>
      <button type="button" class="button quiet" onClick={() => open(false)}>
        {words.cancel}
      </button>
      <Trouble failure={failure} lead={words.failed} />
    </form>
  );
}
