/** The HTTP side of after-call work: what may be said of a call, saying it, done, more time. */

import { useEffect, useState } from "preact/hooks";
import { ask } from "./api";
import type { CallDisposition, CallDispositions, DispositionChoices } from "./wire";

export const sayDisposition = (callId: string, body: CallDisposition) =>
  ask<CallDispositions>("PUT", `/api/calls/${encodeURIComponent(callId)}/disposition`, body);
export const endWrapUp = () => ask<null>("POST", "/api/wrap-up/done");
export const takeLonger = () => ask<null>("POST", "/api/wrap-up/more");

export const NO_CHOICES: DispositionChoices = { categories: [], more_s: 0 };
let asked: Promise<DispositionChoices> | null = null;

/** The centre's dispositions, asked for once; none while they cannot be had. */
export function useChoices(): DispositionChoices {
  const [choices, keep] = useState(NO_CHOICES);
  useEffect(() => {
    let isOver = false;
    asked ??= ask<DispositionChoices>("GET", "/api/dispositions").then((outcome) => {
      if (outcome.kind === "ok") return outcome.value;
      asked = null;
      return NO_CHOICES;
    });
    void asked.then((found) => {
      if (!isOver) keep(found);
    });
    return () => {
      isOver = true;
    };
  }, []);
  return choices;
}
