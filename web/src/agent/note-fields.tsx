/** The fields of a note: its words, whom it is for, whether it stays on top. */

import type { ComponentChildren, RefObject } from "preact";
import { text } from "../i18n";
import type { Note } from "../wire";

/** As the server allows. */
const MAX_CHARS = 10_000;

interface Props {
  box?: RefObject<HTMLTextAreaElement | null>;
  label: string;
  hint: string;
  testId: string;
  shortcut?: string | undefined;
  words: string;
  kind: Note["kind"];
  isPinned: boolean;
  onWords(words: string): void;
  onKind(kind: Note["kind"]): void;
  onPin(isPinned: boolean): void;
  onSave(): void;
  /** The buttons. */
  children: ComponentChildren;
}

export function NoteFields(props: Props) {
  const t = text.value.customer.karte;
  return (
    <>
      <textarea
        ref={props.box ?? null}
        class="input"
        rows={1}
        maxLength={MAX_CHARS}
        aria-label={props.label}
        placeholder={props.hint}
        data-testid={`${props.testId}-text`}
        aria-keyshortcuts={props.shortcut}
        value={props.words}
        onInput={(event) => props.onWords(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
          event.preventDefault();
          props.onSave();
        }}
      />
      <div class="note-tools">
        <label class="tick">
          <input
            type="checkbox"
            data-testid={`${props.testId}-handover`}
            checked={props.kind === "handover"}
            onChange={(event) => props.onKind(event.currentTarget.checked ? "handover" : "note")}
          />
          {t.handover}
        </label>
        <label class="tick">
          <input
            type="checkbox"
            data-testid={`${props.testId}-pin`}
            checked={props.isPinned}
            onChange={(event) => props.onPin(event.currentTarget.checked)}
          />
          {t.pin}
        </label>
        {props.children}
      </div>
    </>
  );
}
