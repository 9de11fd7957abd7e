/** The field for a new note of the karte. */

import { useRef } from "preact/hooks";
import { text } from "../i18n";
import { useKeys } from "../ui/keys";
import { KeyCap, shortcut } from "../ui/pieces";
import type { NoteInHand } from "./note-draft";
import { NoteFields } from "./note-fields";
import { Trouble } from "./trouble";

const WRITE_KEY = "w";

/** `onSave` saves the note with what else is to be said of the call. */
export function NoteEditor({ note, onSave }: { note: NoteInHand; onSave(): void }) {
  const t = text.value.customer.karte;
  const { draft, isEmpty, state, change } = note;
  const box = useRef<HTMLTextAreaElement>(null);
  useKeys({ [WRITE_KEY]: () => box.current?.focus() });
  return (
    <section class="note-editor" aria-label={t.write} data-typing data-empty={isEmpty}>
      <KeyCap>{WRITE_KEY}</KeyCap>
      <NoteFields
        box={box}
        label={t.write}
        hint={t.placeholder}
        testId="note"
        shortcut={shortcut(WRITE_KEY)}
        words={draft.text}
        kind={draft.kind}
        isPinned={draft.isPinned}
        onWords={(words) => change({ text: words })}
        onKind={(kind) => change({ kind })}
        onPin={(isPinned) => change({ isPinned })}
        onSave={onSave}
      >
        <button
          type="button"
          class="button"
          data-testid="note-save"
          title={t.saveKeys}
          disabled={isEmpty || state === "saving"}
          onClick={onSave}
        >
          {t.save}
        </button>
      </NoteFields>
      <p class="quiet-text note-state" role="status" data-testid="note-state">
        {state === "saved" ? t.saved : ""}
      </p>
      <Trouble failure={note.failure} lead={t.failed} />
    </section>
  );
}
