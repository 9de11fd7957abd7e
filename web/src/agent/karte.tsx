/** The karte: what colleagues noted, besides what stands above the name. */

import { text } from "../i18n";
import { Icon } from "../ui/icon";
import type { Card } from "../wire";
import { NoteView } from "./note";
import { toldFirst } from "./pinned";

export function Karte({ card, isCovered }: { card: Card; isCovered: boolean }) {
  const t = text.value.say;
  const first = new Set(toldFirst(card.notes).map((note) => note.note_id));
  const notes = card.notes.filter((note) => !first.has(note.note_id));
  if (isCovered && card.notes.length === 0) return null;
  return (
    <div class="karte">
      <h2>
        <Icon name="notebook-pen" />
        {t.karte}
      </h2>
      {notes.length === 0 && <p class="quiet-text">{card.notes.length === 0 ? t.noKarte : t.onlyPinned}</p>}
      <ul>
        {notes.map((note) => (
          <li key={note.note_id} data-testid="karte-note">
            <NoteView note={note} />
          </li>
        ))}
      </ul>
    </div>
  );
}
