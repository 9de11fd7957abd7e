/** A note that is being written: kept as it is typed, saved once. */

import { useState } from "preact/hooks";
import type { Failure } from "../api";
import { writeNote } from "../customers";
import { type Draft, newDraft, readDraft, writeDraft } from "./draft";

export interface NoteInHand {
  draft: Draft;
  state: "typing" | "saving" | "saved";
  failure: Failure | null;
  isEmpty: boolean;
  change(changes: Partial<Draft>): void;
  /** Whether it was saved; an empty one is not, and that is no failure. */
  save(): Promise<"saved" | "nothing" | "failed">;
}

/** To be used by a component that is keyed by the customer: a draft is of one of them. */
export function useNote(customerId: number | null, callId: string): NoteInHand {
  const [draft, keep] = useState(() => (customerId === null ? newDraft() : readDraft(customerId)));
  const [state, be] = useState<NoteInHand["state"]>("typing");
  const [failure, fail] = useState<Failure | null>(null);
  const isEmpty = customerId === null || draft.text.trim() === "";

  const change = (changes: Partial<Draft>) => {
    const next = { ...draft, ...changes };
    // At once, and not after the next paint: the page may be closed before it.
    if (customerId !== null) writeDraft(customerId, next);
    keep(next);
    be("typing");
  };
  const save = async () => {
    if (customerId === null || isEmpty) return "nothing";
    if (state === "saving") return "failed";
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
      return "failed";
    }
    keep((now) => {
      // What was typed while it was being saved is the next note.
      const next = { ...newDraft(), text: now.text === words ? "" : now.text };
      writeDraft(customerId, next);
      return next;
    });
    be("saved");
    return "saved";
  };
  return { draft, state, failure, isEmpty, change, save };
}
