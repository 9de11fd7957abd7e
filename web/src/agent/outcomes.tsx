/** What became of a suggestion: one key each, and for what was sold the amount. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Failure } from "../api";
import { recordOutcome } from "../customers";
import { figures, text } from "../i18n";
import type { OutcomeKind } from "../i18n/customer";
import { useKeys } from "../ui/keys";
import { KeyCap, shortcut } from "../ui/pieces";
import type { Suggestion } from "../wire";
import { keepOutcome } from "./told";
import { Trouble } from "./trouble";

/** They work while a suggestion is open. Not A, O and X, which belong to the tabs and the household. */
const OUTCOMES: readonly { kind: OutcomeKind; key: string }[] = [
  { kind: "accepted", key: "y" },
  { kind: "declined", key: "d" },
  { kind: "offered", key: "e" },
  { kind: "not_offered", key: "z" },
];

interface Props {
  customerId: number;
  callId: string;
  suggestion: Suggestion;
  onTold(): void;
}

export function Outcomes({ customerId, callId, suggestion, onTold }: Props) {
  const t = text.value.customer;
  const [amount, setAmount] = useState(figures.value.amount(suggestion.price_minor));
  const [failure, fail] = useState<Failure | null>(null);
  const [isTelling, be] = useState(false);
  const sold = figures.value.minorOf(amount);

  const tell = async (outcome: OutcomeKind) => {
    if (isTelling || (outcome === "accepted" && sold === null)) return;
    be(true);
    const done = await recordOutcome(customerId, suggestion.sku, {
      outcome,
      call_id: callId,
      amount_minor: outcome === "accepted" ? sold : null,
    });
    be(false);
    fail(done.kind === "ok" ? null : done);
    if (done.kind !== "ok") return;
    keepOutcome(callId, customerId, suggestion.sku, outcome);
    onTold();
  };
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.scrollIntoView({ block: "nearest" }), []);
  useKeys(Object.fromEntries(OUTCOMES.map(({ kind, key }) => [key, () => void tell(kind)])));

  return (
    <form
      ref={form}
      class="outcomes"
      aria-label={t.outcome}
      onSubmit={(event) => {
        event.preventDefault();
        void tell("accepted");
      }}
    >
      {OUTCOMES.map(({ kind, key }) => (
        <button
          key={kind}
          type={kind === "accepted" ? "submit" : "button"}
          class="button"
          data-testid={`suggestion-outcome-${kind}`}
          aria-keyshortcuts={shortcut(key)}
          onClick={kind === "accepted" ? undefined : () => void tell(kind)}
        >
          <KeyCap>{key}</KeyCap>
          {t.outcomes[kind]}
        </button>
      ))}
      <label class="amount" data-typing>
        {t.amount}
        <input
          type="text"
          inputMode="decimal"
          class="input"
          autocomplete="off"
          data-testid="suggestion-amount"
          value={amount}
          aria-invalid={sold === null}
          onInput={(event) => setAmount(event.currentTarget.value)}
        />
      </label>
      {sold === null && <p class="inline-fault">{t.amountWrong}</p>}
      <Trouble failure={failure} lead={t.outcomeFailed} />
    </form>
  );
}
