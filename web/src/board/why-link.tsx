/** The way from a call's row to its history. */

import { text } from "../i18n";
import { Icon } from "../ui/icon";
import { whyHref } from "./route";

export function WhyLink({ callId, who }: { callId: string; who: string }) {
  const t = text.value.why;
  return (
    <a class="why-link" href={whyHref(callId)} data-testid="why-link" aria-label={`${t.open}: ${who}`}>
      <Icon name="circle-question-mark" />
      <span>{t.column}</span>
    </a>
  );
}
