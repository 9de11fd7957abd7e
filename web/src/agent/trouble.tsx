/** Why something was not done, in a sentence, read out. */

import type { Failure } from "../api";
import { text } from "../i18n";

/** `lead` says what was not done. */
export function Trouble({ failure, lead }: { failure: Failure | null; lead: string }) {
  if (failure === null) return null;
  const words = text.value.customer.troubles;
  return (
    <p class="inline-fault" role="alert">
      {lead} {words[failure.kind === "refused" ? failure.code : "unreachable"]}
    </p>
  );
}
