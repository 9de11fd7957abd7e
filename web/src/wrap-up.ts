/** The HTTP side of after-call work: what may be said of a call, saying it, done, more time. */

import { useEffect, useState } from "preact/hooks";
import { ask } from "./api";
import type { CallDisposition, CallDispositions, DispositionChoices } from "./wire";

export const sayDisposition = (callId: string, body: CallDisposition) =>
  ask<CallDispositions>("PUT", `/api/calls/${encodeURIComponent(callId)}/disposition`, body);
export const endWrapUp = () => ask<null>("POST", "/api/wrap-up/done");
export const takeLonger = () => ask<null>("POST", "/api/wrap-up/more");

export const NO_CHOICES: DispositionChoices = { categories: [], more_s: 0 };
const RETRY_MS = 3000;
let found: DispositionChoices | null = null;

/** The centre's dispositions; null until they are known. Asked for until somebody answers, and once then. */
export function useChoices(): DispositionChoices | null {
  const [choices, keep] = useState(found);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const look = async () => {
      const outcome = await ask<DispositionChoices>("GET", "/api/dispositions");
      if (isOver) return;
      if (outcome.kind === "ok") {
        found = outcome.value;
        keep(found);
      } else if (outcome.kind === "unreachable") timer = setTimeout(() => void look(), RETRY_MS);
    };
    if (found === null) void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, []);
  return choices;
}
