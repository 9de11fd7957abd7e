/** Whom else the call may be from: each of the household one key away, and so is a search for anybody. */

import { useEffect, useState } from "preact/hooks";
import type { Failure } from "../api";
import { identify } from "../customers";
import { dates, text } from "../i18n";
import { Icon } from "../ui/icon";
import { useKeys } from "../ui/keys";
import { KeyCap, RankBadge, shortcut } from "../ui/pieces";
import { nowForText } from "../ui/time";
import type { Sharer } from "../wire";
import { Finder } from "./finder";
import { NewCustomer } from "./new-customer";
import { Trouble } from "./trouble";

/** Beside the keys of the tabs and the suggestions, under the right hand. */
const KEYS = ["h", "j", "k", "l"] as const;
/** Not N, which shows the notes. */
const NONE_KEY = "x";
const FIND_KEY = "f";

interface Props {
  callId: string;
  /** Whose card is shown. */
  customerId: number;
  /** The caller's number as people write it; empty where there is none. */
  number: string;
  sharers: readonly Sharer[];
}

export function Household({ callId, customerId, number, sharers }: Props) {
  const t = text.value.customer.household;
  const [isFinding, find] = useState(false);
  // Undefined where nobody was chosen; null for none of these.
  const [chosen, mark] = useState<number | null | undefined>(undefined);
  const [failure, fail] = useState<Failure | null>(null);
  // The mark stays until the card of whom was chosen is there.
  useEffect(() => mark(undefined), [customerId]);

  const choose = async (wanted: number | null) => {
    if (chosen === wanted) return;
    mark(wanted);
    const outcome = await identify(callId, wanted);
    fail(outcome.kind === "ok" ? null : outcome);
    if (outcome.kind !== "ok") mark(undefined);
  };
  const keyed = sharers.slice(0, KEYS.length);
  useKeys({
    ...Object.fromEntries(keyed.map((each, index) => [KEYS[index], () => void choose(each.customer_id)])),
    [NONE_KEY]: () => void choose(null),
    ...(isFinding ? {} : { [FIND_KEY]: () => find(true) }),
  });

  if (isFinding) {
    return (
      <div class="household">
        <Finder callId={callId} onClose={() => find(false)} />
        <NewCustomer callId={callId} number={number} />
      </div>
    );
  }
  return (
    <section class="household" aria-label={sharers.length > 0 ? text.value.card.sharers : t.tools}>
      {sharers.length > 0 && (
        <ul data-testid="sharers">
          {sharers.map((each, index) => (
            <li key={each.customer_id}>
              <Choice
                sharer={each}
                keyName={KEYS[index]}
                isChosen={chosen === each.customer_id}
                onChoose={() => void choose(each.customer_id)}
              />
            </li>
          ))}
        </ul>
      )}
      <div class="household-tools">
        <button
          type="button"
          class="button quiet"
          data-testid="household-none"
          aria-keyshortcuts={shortcut(NONE_KEY)}
          aria-busy={chosen === null}
          onClick={() => void choose(null)}
        >
          <KeyCap>{NONE_KEY}</KeyCap>
          {chosen === null ? t.choosing : sharers.length > 0 ? t.none : t.notThis}
        </button>
        <button
          type="button"
          class="button quiet"
          data-testid="household-search"
          aria-keyshortcuts={shortcut(FIND_KEY)}
          onClick={() => find(true)}
        >
          <KeyCap>{FIND_KEY}</KeyCap>
          {t.search}
        </button>
      </div>
      <Trouble failure={failure} lead={t.failed} />
    </section>
  );
}

interface ChoiceProps {
  sharer: Sharer;
  keyName: string | undefined;
  isChosen: boolean;
  onChoose(): void;
}

function Choice({ sharer, keyName, isChosen, onChoose }: ChoiceProps) {
  const t = text.value;
  return (
    <button
      type="button"
      class="sharer"
      data-testid="household-choice"
      data-key={keyName}
      data-customer={sharer.customer_id}
      aria-keyshortcuts={keyName === undefined ? undefined : shortcut(keyName)}
      aria-busy={isChosen}
      onClick={onChoose}
    >
      {keyName === undefined ? <Icon name="user-round" /> : <KeyCap>{keyName}</KeyCap>}
      <span class="sharer-who">
        <span class="reading">{sharer.reading}</span>
        <span class="sharer-name">{t.common.honorific(sharer.name)}</span>
      </span>
      <span class="sharer-more">
        {sharer.rank !== "regular" && <RankBadge rank={sharer.rank} />}
        <span class="sharer-why">{isChosen ? t.customer.household.choosing : whyListed(sharer)}</span>
      </span>
    </button>
  );
}

/** What speaks for somebody, the strongest alone. */
function whyListed(sharer: Sharer): string {
  const t = text.value.customer.household.why;
  const said = (at: string) => dates.value.said(at, nowForText());
  if (sharer.has_open_order) return t.open;
  if (sharer.last_call_at !== null) return t.called(said(sharer.last_call_at));
  if (sharer.last_order_at !== null) return t.ordered(said(sharer.last_order_at));
  return sharer.rank === "regular" ? text.value.ranks.regular : "";
}
