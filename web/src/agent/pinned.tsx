/** The notes that stand above the name: pinned ones, and what the last agent handed over. */

import { text } from "../i18n";
import { Icon } from "../ui/icon";
import type { Note } from "../wire";
import { NoteView } from "./note";

/** Notes come pinned first, then newest first; of those handed over only the newest still counts. */
export function toldFirst(notes: readonly Note[]): Note[] {
  const handover = notes.filter((note) => note.kind === "handover").sort(byAge)[0];
  return notes.filter((note) => note.is_pinned || note === handover);
}

export function PinnedNotes({ notes }: { notes: readonly Note[] }) {
  const t = text.value.card;
  return toldFirst(notes).map((note) => (
    <div key={note.note_id} class="pinned" data-testid="pinned-note" data-kind={note.kind}>
      <NoteView
        note={note}
        lead={
          <>
            <Icon name={note.kind === "handover" ? "phone-forwarded" : "pin"} />
            <strong>{note.kind === "handover" ? t.pinned : t.pinnedNote}</strong>
          </>
        }
      />
    </div>
  ));
}

function byAge(a: Note, b: Note): number {
  return Date.parse(b.created_at) - Date.parse(a.created_at);
}
