/** The field for a new note of the karte; what is typed is kept until it is saved. */

import { useRef, useState } from "preact/hooks";
import type { Failure } from "../api";
import { writeNote } from "../customers";
import { text } from "../i18n";
import { useKeys } from "../ui/keys";
import { KeyCap, shortcut } from "../ui/pieces";
import { newDraft, readDraft, writeDraft } from "./draft";
import { NoteFields } from "./note-fields";
import { Trouble } from "./trouble";

const WRITE_KEY = "w";

/** To be keyed by the customer: a draft is of one of them. */
export function NoteEditor({ customerId, callId }: { customerId: number; callId: string }) {
  const t = text.value.customer.karte;
  const [draft, keep] = useState(() => readDraft(customerId));
  const [state, be] = useState<"typing" | "saving" | "saved">("typing");
  const [failure, fail] = useState<Failure | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  useKeys({ [WRITE_KEY]: () => box.current?.focus() });
  const isEmpty = draft.text.trim() === "";

  const change = (changes: Partial<typeof draft>) => {
    const next = { ...draft, ...changes };
    // At once, and not after the next paint: the page may be closed before it.
    writeDraft(customerId, next);
    keep(next);
    be("typing");
  };
  const save = async () => {
    if (isEmpty || state === "saving") return;
    be("saving");
    const { key, text: words, kind, isPinned } = draft;
    const outcome = await writeNote(customerId, {
      key,
      text: words,
      kind,
      is_pinned: isPinned,
      call_id: callId,
    });
    fail(outcome.kind === "ok" ? null : outcome);
    if (outcome.kind !== "ok") {
      be("typing");
      return;
    }
    keep((now) => {
      // What was typed while it was being saved is the next note.
      const next = { ...newDraft(), text: now.text === words ? "" : now.text };
      writeDraft(customerId, next);
      return next;
    });
    be("saved");
  };

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
        onSave={() => void save()}
      >
        <button
          type="button"
          class="button"
          data-testid="note-save"
          title={t.saveKeys}
          disabled={isEmpty || state === "saving"}
          onClick={() => void save()}
        >
          {t.save}
        </button>
      </NoteFields>
      <p class="quiet-text note-state" role="status" data-testid="note-state">
        {state === "saved" ? t.saved : ""}
      </p>
      <Trouble failure={failure} lead={t.failed} />
    </section>
  );
}
