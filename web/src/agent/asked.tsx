/** Why the PBX did not do what it was asked, in a sentence, and how to ask once more. */

import type { CommandTrouble } from "../commands";
import { text } from "../i18n";
import { Icon } from "../ui/icon";
import type { Asking, Trouble } from "./asking";

/** `asking.trouble`, if `isShown` says that it belongs here. */
export function AskedTrouble({ asking, isShown }: { asking: Asking; isShown(trouble: Trouble): boolean }) {
  const t = text.value.control;
  const { trouble } = asking;
  if (trouble === null || !isShown(trouble)) return null;
  return (
    <span class="asked-trouble" role="alert" data-testid="control-trouble" data-kind={trouble.result.kind}>
      <Icon name="triangle-alert" />
      <span class="asked-why">
        {isNotDone(trouble.result) && t.failed[trouble.deed]} {sentenceOf(trouble)}
      </span>
      {trouble.result.kind === "unreachable" && (
        <button
          type="button"
          class="button small"
          data-testid="control-again"
          onClick={() => void asking.again()}
        >
          {t.again}
        </button>
      )}
    </span>
  );
}

/** It is known that nothing was done. */
function isNotDone(result: CommandTrouble): boolean {
  return result.kind === "refused" || result.kind === "problem";
}

function sentenceOf({ deed, result }: Trouble): string {
  const t = text.value;
  switch (result.kind) {
    case "refused": {
      // A PBX can only ask a telephone to hold; few are asked, and fewer listen. Each has a key for it.
      const isHold = deed === "hold" || deed === "unhold";
      const isBeyond = result.code === "not_supported" || result.code === "not_permitted_at_pbx";
      return isHold && isBeyond ? t.control.holdThere : t.control.refusals[result.code];
    }
    case "unconfirmed":
      return t.control.unconfirmed;
    case "problem":
      return t.customer.troubles[result.code];
    case "unreachable":
      return t.control.unreachable;
  }
}
