/** One note of the karte, which may be edited where it stands. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Failure } from "../api";
import { changeNote } from "../customers";
import { text } from "../i18n";
import { Icon } from "../ui/icon";
import { Badge, When } from "../ui/pieces";
import type { Note } from "../wire";
import { NoteFields } from "./note-fields";
import { Trouble } from "./trouble";

/** `lead`: what stands before the date, where the note's place does not say what it is. */
export function NoteView({ note, lead }: { note: Note; lead?: ComponentChildren }) {
  const t = text.value;
  const words = t.customer.karte;
  const [isOpen, open] = useState(false);
  if (isOpen) return <Edit note={note} onClose={() => open(false)} />;
  return (
    <div class="note">
      <p class="note-head">
        {lead}
        {lead === undefined && note.kind === "handover" && (
          <Badge tone="warning" icon="phone-forwarded">
            {t.say.pinned}
          </Badge>
        )}
        <When at={note.created_at} />
        {note.author !== null && <span>{note.author}</span>}
        {note.updated_at !== null && <span>{words.edited}</span>}
        {/* Half of a note must not be saved as the whole. */}
        {!note.is_cut && (
          <button
            type="button"
            class="icon-button"
            data-testid="note-edit"
            title={words.edit}
            aria-label={words.editThis}
            onClick={() => open(true)}
          >
            <Icon name="pencil" />
          </button>
        )}
      </p>
      <p class="note-text">
        {note.text}
        {note.is_cut && <span class="quiet-text">… {words.more}</span>}
      </p>
    </div>
  );
}

/** What is sent is only what was changed. */
function Edit({ note, onClose }: { note: Note; onClose(): void }) {
  const t = text.value.customer.karte;
  const [words, type] = useState(note.text);
  const [kind, mean] = useState(note.kind);
  const [isPinned, pin] = useState(note.is_pinned);
  const [failure, fail] = useState<Failure | null>(null);
  const save = async () => {
    if (words.trim() === "") return;
    const outcome = await changeNote(note.note_id, {
      ...(words === note.text ? {} : { text: words }),
      ...(kind === note.kind ? {} : { kind }),
      ...(isPinned === note.is_pinned ? {} : { is_pinned: isPinned }),
    });
    fail(outcome.kind === "ok" ? null : outcome);
    if (outcome.kind === "ok") onClose();
  };
  return (
    <form
      class="note-edit"
      data-typing
      data-testid="note-edit-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <NoteFields
        label={t.editThis}
        hint=""
        testId="note-edit"
        words={words}
        kind={kind}
        isPinned={isPinned}
        onWords={type}
        onKind={mean}
        onPin={pin}
        onSave={() => void save()}
      >
        <button type="button" class="button quiet" onClick={onClose}>
          {t.cancel}
        </button>
        <button type="submit" class="button" data-testid="note-edit-save" disabled={words.trim() === ""}>
          {t.save}
        </button>
      </NoteFields>
      <Trouble failure={failure} lead={t.editFailed} />
    </form>
  );
}
