/** Somebody who is not known yet, written down while they say it. */

import { signal } from "@preact/signals";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Failure } from "../api";
import { identify, makeCustomer } from "../customers";
import { text } from "../i18n";
import { Icon } from "../ui/icon";
import { useKeys } from "../ui/keys";
import { KeyCap, shortcut } from "../ui/pieces";
import type { CustomerHit, CustomerRefused, FieldFault } from "../wire";
import { Hits } from "./hits";
import { Trouble } from "./trouble";

const FIELDS = ["name", "reading", "number", "postcode", "address", "email"] as const;
type FieldName = (typeof FIELDS)[number];
type Values = Record<FieldName, string>;
const NEEDED: readonly FieldName[] = ["name", "reading"];
/** Not C, which shows the contacts where the form stands beside a card. */
const OPEN_KEY = "m";

/** What is typed outlives the form as long as the page is open: the card may change under it. */
const drafts = signal<Readonly<Record<string, Values>>>({});

export function NewCustomer({ callId, number }: { callId: string; number: string }) {
  const t = text.value.customer.fresh;
  const [isOpen, open] = useState(false);
  useKeys(isOpen ? {} : { [OPEN_KEY]: () => open(true) });
  if (isOpen) return <Form callId={callId} number={number} onClose={() => open(false)} />;
  return (
    <button
      type="button"
      class="button"
      data-testid="new-customer-open"
      aria-keyshortcuts={shortcut(OPEN_KEY)}
      onClick={() => open(true)}
    >
      <KeyCap>{OPEN_KEY}</KeyCap>
      {t.open}
    </button>
  );
}

function Form({ callId, number, onClose }: { callId: string; number: string; onClose(): void }) {
  const t = text.value.customer.fresh;
  const id = useId();
  const first = useRef<HTMLInputElement>(null);
  const asked = useRef<HTMLFieldSetElement>(null);
  const empty: Values = { name: "", reading: "", number, postcode: "", address: "", email: "" };
  const values = drafts.value[callId] ?? empty;
  const change = (name: FieldName, words: string) => keepDraft(callId, { ...values, [name]: words });
  const [faults, blame] = useState<readonly FieldFault[]>([]);
  const [alike, suspect] = useState<readonly CustomerHit[]>([]);
  const [failure, fail] = useState<Failure | null>(null);
  const [isSaving, be] = useState(false);
  // The form was opened by the person's own key or click: it is theirs to type into, from the next letter on.
  useLayoutEffect(() => first.current?.focus(), []);

  // What is asked must be seen: the form may be longer than the window.
  useEffect(() => {
    if (alike.length > 0) asked.current?.scrollIntoView({ block: "nearest" });
  }, [alike]);

  const show = async (customerId: number) => {
    const outcome = await identify(callId, customerId);
    fail(outcome.kind === "ok" ? null : outcome);
    if (outcome.kind !== "ok") return;
    keepDraft(callId, undefined);
    onClose();
  };
  const save = async (confirm: boolean) => {
    const missing = NEEDED.filter((name) => values[name].trim() === "");
    blame(missing.map((field) => ({ field, code: "empty", reason: "is empty" })));
    if (missing.length > 0 || isSaving) return;
    be(true);
    const { number: said, ...profile } = values;
    const outcome = await makeCustomer({
      ...profile,
      numbers: said.trim() === "" ? [] : [said.trim()],
      confirm,
    });
    be(false);
    if (outcome.kind === "ok") {
      await show(outcome.value.customer_id);
      return;
    }
    const refused = refusalOf(outcome);
    blame(refused.faults);
    suspect(refused.duplicates);
    fail(refused.faults.length + refused.duplicates.length > 0 ? null : outcome);
  };

  return (
    <form
      class="new-customer"
      data-typing
      data-testid="new-customer-form"
      aria-label={t.title}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save(false);
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.isComposing) onClose();
      }}
    >
      <h2>
        <Icon name="id-card" />
        {t.title}
      </h2>
      {FIELDS.map((name, index) => {
        const fault = faults.find((each) => each.field.replace(/^numbers.*/, "number") === name);
        const isNeeded = NEEDED.includes(name);
        return (
          <div key={name} class="form-row">
            <label for={`${id}-${name}`}>
              {t[name]}
              {isNeeded && <span class="needed">{t.required}</span>}
            </label>
            <input
              ref={index === 0 ? first : null}
              id={`${id}-${name}`}
              type="text"
              inputMode={name === "email" ? "email" : name === "number" ? "tel" : "text"}
              autocomplete="off"
              class="input"
              data-testid={`new-customer-${name}`}
              aria-required={isNeeded}
              value={values[name]}
              aria-invalid={fault !== undefined}
              aria-describedby={fault === undefined ? undefined : `${id}-${name}-fault`}
              onInput={(event) => change(name, event.currentTarget.value)}
            />
            {fault !== undefined && (
              <p class="inline-fault" id={`${id}-${name}-fault`} role="alert" data-testid={`fault-${name}`}>
                {t.faults[fault.code]}
              </p>
            )}
          </div>
        );
      })}
      <Trouble failure={failure} lead={t.failed} />
      {alike.length > 0 && (
        <fieldset ref={asked} class="alike" data-testid="duplicates" aria-label={t.duplicates}>
          <p role="alert">
            <strong>{t.duplicates}</strong>
          </p>
          <Hits
            id={`${id}-alike`}
            label={t.duplicates}
            hits={alike}
            words=""
            active={-1}
            onChoose={(hit) => void show(hit.customer_id)}
          />
          <button
            type="button"
            class="button"
            data-testid="new-customer-confirm"
            onClick={() => void save(true)}
          >
            {t.saveAnyway}
          </button>
        </fieldset>
      )}
      <div class="form-tools">
        <button type="submit" class="button primary" data-testid="new-customer-save" disabled={isSaving}>
          {isSaving ? t.saving : t.save}
        </button>
        <button type="button" class="button quiet" onClick={onClose}>
          {t.cancel}
        </button>
      </div>
    </form>
  );
}

function keepDraft(callId: string, values: Values | undefined): void {
  const { [callId]: _, ...others } = drafts.value;
  drafts.value = values === undefined ? others : { ...others, [callId]: values };
}

/** What the answer says besides; nothing where it is an ordinary problem. */
function refusalOf(failure: Failure): CustomerRefused {
  const body =
    failure.kind === "refused" ? (failure.body as Partial<CustomerRefused> | undefined) : undefined;
  return { faults: body?.faults ?? [], duplicates: body?.duplicates ?? [] };
}
