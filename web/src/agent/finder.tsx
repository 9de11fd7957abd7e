/** Looks for a customer while somebody types; whoever is chosen is whom the call is from. */

import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Failure } from "../api";
import { findCustomers, identify } from "../customers";
import { figures, text } from "../i18n";
import { Icon } from "../ui/icon";
import { useKeys } from "../ui/keys";
import { KeyCap, shortcut } from "../ui/pieces";
import type { CustomerHit } from "../wire";
import { Hits } from "./hits";
import { Trouble } from "./trouble";

/** Whoever types on within this is not asked for yet. */
const PAUSE_MS = 150;
const FIND_KEY = "f";
const NOTHING = { words: "", hits: [] as readonly CustomerHit[], isAnswered: false };

/** `onClose` is there where the box is not always open. */
export function Finder({ callId, onClose }: { callId: string; onClose?: () => void }) {
  const t = text.value.customer.finder;
  const id = useId();
  const [words, type] = useState("");
  const [found, show] = useState(NOTHING);
  const [failure, fail] = useState<Failure | null>(null);
  const [active, activate] = useState(0);
  const [isChoosing, be] = useState(false);
  const box = useRef<HTMLInputElement>(null);
  const isOpened = onClose !== undefined;
  const { hits } = found;

  // Opened by the person's own key or click: it is theirs to type into, from the next letter on.
  useLayoutEffect(() => {
    if (isOpened) box.current?.focus();
  }, [isOpened]);
  useKeys({ [FIND_KEY]: () => box.current?.focus() });

  useEffect(() => {
    if (words.trim() === "") {
      show(NOTHING);
      fail(null);
      return;
    }
    let isOver = false;
    const timer = setTimeout(async () => {
      const outcome = await findCustomers(words);
      // Answers may overtake each other: only that of the last words counts.
      if (isOver) return;
      fail(outcome.kind === "ok" ? null : outcome);
      if (outcome.kind !== "ok") return;
      activate(0);
      show({ words, hits: outcome.value.hits, isAnswered: true });
    }, PAUSE_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [words]);

  const choose = async (hit: CustomerHit) => {
    if (isChoosing) return;
    be(true);
    const outcome = await identify(callId, hit.customer_id);
    be(false);
    if (outcome.kind === "ok") onClose?.();
    else fail(outcome);
  };
  const press = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const hit = hits[active];
    if (step !== 0 && hits.length > 0) {
      const next = (active + step + hits.length) % hits.length;
      activate(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && hit !== undefined && found.words === words) void choose(hit);
    else if (event.key === "Escape" && onClose !== undefined) onClose();
    else return;
    event.preventDefault();
  };

  return (
    <search class="finder" data-typing aria-busy={isChoosing}>
      <label for={`${id}-box`}>
        <Icon name="search" />
        {t.label}
        <KeyCap>{FIND_KEY}</KeyCap>
      </label>
      {onClose !== undefined && (
        <button type="button" class="button quiet" data-testid="search-close" onClick={onClose}>
          {t.close}
        </button>
      )}
      <input
        ref={box}
        id={`${id}-box`}
        type="text"
        autocomplete="off"
        class="input"
        data-testid="search-input"
        value={words}
        role="combobox"
        aria-expanded={hits.length > 0}
        aria-controls={id}
        aria-describedby={`${id}-hint`}
        aria-activedescendant={hits.length > 0 ? `${id}-${active}` : undefined}
        aria-keyshortcuts={shortcut(FIND_KEY)}
        onInput={(event) => type(event.currentTarget.value)}
        onKeyDown={press}
      />
      <p class={found.isAnswered ? "visually-hidden" : "quiet-text"} id={`${id}-hint`}>
        {t.hint}
      </p>
      <p class="visually-hidden" aria-live="polite">
        {found.isAnswered ? t.found(figures.value.count(hits.length)) : ""}
      </p>
      <Trouble failure={failure} lead={t.failed} />
      {found.isAnswered && hits.length === 0 && <p class="quiet-text">{t.nobody}</p>}
      <Hits
        id={id}
        label={t.label}
        hits={hits}
        words={found.words}
        active={active}
        onChoose={(hit) => void choose(hit)}
      />
    </search>
  );
}
