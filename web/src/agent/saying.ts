/** What is being said of one call: chosen, typed, sent as one with the note. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Failure } from "../api";
import { figures } from "../i18n";
import type { CallDisposition, DispositionChoice, DispositionChoices, DispositionRefused } from "../wire";
import { sayDisposition } from "../wrap-up";
import type { NoteInHand } from "./note-draft";
import { useNote } from "./note-draft";
import {
  chosenIn,
  draftOf,
  type Field,
  keepDraft,
  missingIn,
  newWrapUp,
  type WrapUpDraft,
} from "./wrap-up-draft";

export type Subject = Pick<WrapUpDraft, "offerId" | "callId" | "customerId" | "who" | "answeredAt">;

export interface Saying {
  draft: WrapUpDraft;
  choice: DispositionChoice | null;
  /** What must be said besides and is not yet. */
  missing: readonly Field[];
  /** Why it was not sent: nothing chosen, something missing, what the server said. */
  refusal: "choose" | "missing" | Failure | null;
  isSaved: boolean;
  note: NoteInHand;
  change(changes: Partial<WrapUpDraft>): void;
  /** Sends what there is. Whether nothing is left to say; `mustChoose`: a disposition too. */
  save(mustChoose: boolean): Promise<boolean>;
}

/** To be used by a component keyed by offer and customer. `isAsked`: the centre asks for dispositions. */
export function useSaying(of: Subject, choices: DispositionChoices): Saying {
  const note = useNote(of.customerId, of.callId);
  const draft = { ...(draftOf(of.offerId) ?? newWrapUp(of)), ...of };
  const [refusal, refuse] = useState<Saying["refusal"]>(null);
  const [isSaved, saved] = useState(false);
  const isSending = useRef(false);
  const isAsked = choices.categories.length > 0;
  const choice = chosenIn(choices, draft);
  const minor = figures.value.minorOf(draft.amount);
  const missing = choice === null ? [] : missingIn(choice, draft, minor, !note.isEmpty);

  // A call that was talked is to be spoken of, now or later; whose it is may change meanwhile.
  useEffect(() => {
    if (!isAsked) return;
    const kept = draftOf(of.offerId);
    if (kept?.callId === of.callId && kept.customerId === of.customerId) return;
    keepDraft({ ...(kept ?? newWrapUp(of)), ...of, isSaid: false });
  }, [isAsked, of.offerId, of.callId, of.customerId]);

  const change = (changes: Partial<WrapUpDraft>) => {
    keepDraft({ ...draft, ...changes, isSaid: false });
    saved(false);
    refuse(null);
  };
  const save = async (mustChoose: boolean) => {
    if (isSending.current) return false;
    isSending.current = true;
    try {
      return await send(mustChoose);
    } finally {
      isSending.current = false;
    }
  };
  const send = async (mustChoose: boolean) => {
    const isNoted = await note.save();
    if (isNoted === "failed") return false;
    if (!isAsked) return true;
    const now = { ...draft, isNoted: draft.isNoted || isNoted === "saved" };
    if (isNoted === "saved") keepDraft(now);
    if (choice === null) {
      if (mustChoose) refuse("choose");
      return !mustChoose;
    }
    if (missingIn(choice, now, minor, false).length > 0) {
      refuse("missing");
      return false;
    }
    if (now.isSaid) return true;
    const outcome = await sayDisposition(of.callId, bodyOf(now, choice, minor));
    if (outcome.kind !== "ok") {
      refuse(lacksNote(outcome) ? "missing" : outcome);
      if (lacksNote(outcome)) keepDraft({ ...now, isNoted: false });
      return false;
    }
    // What was chosen while it was sent is not said yet.
    const then = draftOf(of.offerId) ?? now;
    keepDraft({ ...then, isSaid: sameWords(then, now) });
    refuse(null);
    saved(true);
    return true;
  };
  return { draft, choice, missing, refusal, isSaved: isSaved && draft.isSaid, note, change, save };
}

function bodyOf(draft: WrapUpDraft, choice: DispositionChoice, minor: number | null): CallDisposition {
  const asks = new Set(choice.requires);
  return {
    category: draft.category ?? "",
    disposition: choice.id,
    amount_minor: asks.has("amount") ? minor : null,
    follow_up_on: asks.has("follow_up_on") ? draft.followUpOn : null,
    customer_id: draft.customerId,
  };
}

function sameWords(a: WrapUpDraft, b: WrapUpDraft): boolean {
  return (["category", "disposition", "amount", "followUpOn"] as const).every((name) => a[name] === b[name]);
}

/** The note was deleted meanwhile, or is of another call. */
function lacksNote(outcome: Failure): boolean {
  const body = outcome.kind === "refused" ? (outcome.body as DispositionRefused | undefined) : undefined;
  return body?.faults?.some((fault) => fault.field === "note") ?? false;
}
