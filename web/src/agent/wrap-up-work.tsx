/** How much of the after-call work's time is left, done, and more of it. */

import { useState } from "preact/hooks";
import type { Failure } from "../api";
import { text } from "../i18n";
import { Countdown } from "../ui/clock";
import { useKeys } from "../ui/keys";
import { KeyCap, shortcut } from "../ui/pieces";
import type { Instant } from "../wire";
import { endWrapUp, takeLonger } from "../wrap-up";
import { Trouble } from "./trouble";

const DONE_KEY = "9";

interface Props {
  until: Instant;
  /** It can be made longer at all. */
  mayTakeLonger: boolean;
  /** What is to be done first; false where it is not done, which the page says then. */
  before(): Promise<boolean>;
}

export function WrapUpWork({ until, mayTakeLonger, before }: Props) {
  const t = text.value.wrapUp;
  const [failure, fail] = useState<{ lead: string; why: Failure } | null>(null);
  const [isLonger, grow] = useState(false);
  const [isEnding, end] = useState(false);
  const done = async () => {
    if (isEnding) return;
    end(true);
    const outcome = (await before()) ? await endWrapUp() : null;
    end(false);
    fail(outcome === null || outcome.kind === "ok" ? null : { lead: t.doneFailed, why: outcome });
  };
  const more = async () => {
    const outcome = await takeLonger();
    if (outcome.kind === "ok") grow(true);
    else fail({ lead: t.moreFailed, why: outcome });
  };
  useKeys({ [DONE_KEY]: () => void done() });
  return (
    <div class="wrap-up-work">
      <span class="wrap-up-left" data-testid="wrap-up-clock">
        {t.left} <Countdown until={until} />
      </span>
      {mayTakeLonger && !isLonger && (
        <button type="button" class="button small" data-testid="wrap-up-more" onClick={() => void more()}>
          {t.more}
        </button>
      )}
      <button
        type="button"
        class="button small"
        data-testid="wrap-up-done"
        aria-keyshortcuts={shortcut(DONE_KEY)}
        disabled={isEnding}
        onClick={() => void done()}
      >
        <KeyCap>{DONE_KEY}</KeyCap>
        {t.done}
      </button>
      <Trouble failure={failure?.why ?? null} lead={failure?.lead ?? ""} />
    </div>
  );
}
