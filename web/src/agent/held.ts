/** What somebody is typing into stays on the screen: another card waits until they are done. */

import { useEffect, useReducer, useRef } from "preact/hooks";
import { chosenHere } from "../customers";
import type { AgentView } from "../store";
import type { Offer } from "../wire";

interface Held {
  shown: Offer | null;
  /** What will be shown then; null where nothing waits. */
  waiting: Offer | null;
}

/** `next` is what would be shown if nobody were typing. */
export function useHeld(view: AgentView, next: Offer | null): Held {
  const last = useRef<Offer | null>(null);
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const isHeld =
    last.current !== null &&
    subjectOf(next) !== subjectOf(last.current) &&
    chosenHere.value !== last.current.call.call_id &&
    isTyping();
  const shown = isHeld && last.current !== null ? kept(view, last.current) : next;
  last.current = shown;

  useEffect(() => {
    if (!isHeld && next !== null && chosenHere.value === next.call.call_id) chosenHere.value = null;
  }, [isHeld, subjectOf(next)]);
  useEffect(() => (isHeld ? untilDone(() => draw(0)) : undefined), [isHeld]);
  return { shown, waiting: isHeld ? next : null };
}

/** Whom an offer's card is of. */
export function subjectOf(offer: Offer | null): string {
  return offer === null ? "nobody" : `${offer.offer_id} ${offer.card?.profile.customer_id ?? offer.lookup}`;
}

/** The call as it is now, with the card as it was. */
function kept(view: AgentView, before: Offer): Offer {
  const { lookup, card } = before;
  const now = [...view.offers, view.last].find((each) => each?.offer_id === before.offer_id) ?? before;
  return { ...now, lookup, card };
}

/** A field of the card that holds words has the focus, or a button beside it. */
function isTyping(): boolean {
  const place = document.activeElement?.closest("main [data-typing]");
  const fields = place?.querySelectorAll<HTMLInputElement>(
    "textarea, input:not([type=checkbox], [type=radio])",
  );
  return [...(fields ?? [])].some((field) => field.value.trim() !== "");
}

/** Calls `done` when typing ended. A button that is pressed first does what it says. */
function untilDone(done: () => void): () => void {
  let isPressed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!isPressed && !isTyping()) done();
    });
  };
  const press = () => {
    isPressed = true;
  };
  const release = () => {
    isPressed = false;
    look();
  };
  const leave = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.isComposing && document.activeElement instanceof HTMLElement)
      document.activeElement.blur();
  };
  // `input` too: words that were deleted or sent are no longer typed.
  const heard = { focusout: look, input: look, pointerdown: press, pointerup: release, keydown: leave };
  for (const [name, listener] of Object.entries(heard)) addEventListener(name, listener as EventListener);
  return () => {
    clearTimeout(timer);
    for (const [name, listener] of Object.entries(heard))
      removeEventListener(name, listener as EventListener);
  };
}
