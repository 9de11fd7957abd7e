/** What to say: suggestions each with its reason, the karte, the favourites. */

import { useState } from "preact/hooks";
import { figures, text } from "../i18n";
import { Icon } from "../ui/icon";
import { useKeys } from "../ui/keys";
import { KeyCap, shortcut, When } from "../ui/pieces";
import type { Card, Reason, Suggestion } from "../wire";

/** As many as have a key and fit without scrolling. */
const SHOWN = 3;

export function Say({ card }: { card: Card }) {
  const t = text.value.say;
  return (
    <section class="panel say" aria-label={t.title} tabIndex={0}>
      <Suggestions suggestions={card.suggestions.slice(0, SHOWN)} />
      <Karte card={card} />
      <Favourites card={card} />
    </section>
  );
}

function Suggestions({ suggestions }: { suggestions: readonly Suggestion[] }) {
  const t = text.value.say;
  const [open, setOpen] = useState<string | null>(null);
  const toggle = (sku: string) => setOpen((now) => (now === sku ? null : sku));
  useKeys(Object.fromEntries(suggestions.map((each, index) => [String(index + 1), () => toggle(each.sku)])));
  return (
    <div class="suggestions">
      <h2>
        <Icon name="lightbulb" />
        {t.title}
      </h2>
      {suggestions.length === 0 && <p class="quiet-text">{t.none}</p>}
      <ol>
        {suggestions.map((each, index) => (
          <li key={each.sku}>
            <button
              type="button"
              class="suggestion"
              data-testid="suggestion"
              data-sku={each.sku}
              aria-expanded={open === each.sku}
              aria-keyshortcuts={shortcut(String(index + 1))}
              onClick={() => toggle(each.sku)}
            >
              <KeyCap>{String(index + 1)}</KeyCap>
              <span class="suggestion-name">{each.name}</span>
              <span class="suggestion-price">{figures.value.money(each.price_minor)}</span>
              <span class="suggestion-reason">{sentence(each.reason)}</span>
              {open === each.sku && (
                <span class="suggestion-details">{t.details(each.category, each.sku)}</span>
              )}
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}

function sentence(reason: Reason): string {
  const sentences = text.value.say.reasons;
  // A reason that names no product, or one this page does not know yet, still has to be a sentence.
  if (reason.product === null) return sentences.popular("");
  return (sentences[reason.code] ?? sentences.popular)(reason.product);
}

function Karte({ card }: { card: Card }) {
  const t = text.value.say;
  const notes = card.notes.filter((note) => !note.is_pinned);
  return (
    <div class="karte">
      <h2>
        <Icon name="notebook-pen" />
        {t.karte}
      </h2>
      {notes.length === 0 && <p class="quiet-text">{card.notes.length === 0 ? t.noKarte : t.onlyPinned}</p>}
      <ul>
        {notes.map((note) => (
          <li key={note.note_id}>
            <p>{note.text}</p>
            <p class="quiet-text">
              <When at={note.created_at} />
              {note.author !== null && ` · ${note.author}`}
            </p>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Favourites({ card }: { card: Card }) {
  const t = text.value.say;
  if (card.favourites.length === 0) return null;
  return (
    <div class="favourites">
      <h2>
        <Icon name="heart" />
        {t.favourites}
      </h2>
      <ul>
        {card.favourites.map((favourite) => (
          <li key={favourite.sku}>
            {favourite.name} <When at={favourite.added_at} class="quiet-text" />
          </li>
        ))}
      </ul>
    </div>
  );
}
