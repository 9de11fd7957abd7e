/** Pausing with a reason of the centre's, and coming back, from the topmost strip. */

import { useEffect, useRef } from "preact/hooks";
import { text } from "../i18n";
import { Icon } from "../ui/icon";
import { useKeys } from "../ui/keys";
import { KeyCap, shortcut } from "../ui/pieces";
import type { Desk, Me } from "../wire";
import { AskedTrouble } from "./asked";
import { useAsking } from "./asking";

const PAUSE_KEY = "i";

export function Pause({ me, desk }: { me: Me; desk: Desk }) {
  const t = text.value.control;
  const asking = useAsking();
  const menu = useRef<HTMLDivElement>(null);
  const isPaused = desk.status === "paused";
  const isAsked = asking.isAsked("pause");

  const show = (isShown: boolean) => {
    if (menu.current?.matches(":popover-open") !== isShown) menu.current?.togglePopover(isShown);
  };
  const choose = (is_paused: boolean, reason: string) => {
    show(false);
    void asking.ask({ type: "pause", is_paused, reason, agent_id: null });
  };
  const press = () => {
    if (isAsked) return;
    if (isPaused) {
      choose(false, "");
      return;
    }
    asking.forgive();
    show(true);
    menu.current?.querySelector("button")?.focus();
  };
  useKeys({ [PAUSE_KEY]: press });
  // What went wrong is told where it was asked for; nobody's focus is taken for it.
  useEffect(() => {
    if (asking.trouble !== null) show(true);
  }, [asking.trouble]);

  const move = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const buttons = [...(menu.current?.querySelectorAll<HTMLElement>("[data-reason]") ?? [])];
    if (step === 0 || buttons.length === 0) return;
    event.preventDefault();
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  };
  const label = isPaused ? t.pause.ready : t.pause.pause;
  return (
    <>
      <button
        type="button"
        class="button control"
        data-testid={isPaused ? "pause-end" : "pause-open"}
        aria-busy={isAsked}
        aria-keyshortcuts={shortcut(PAUSE_KEY)}
        onClick={press}
      >
        <KeyCap>{PAUSE_KEY}</KeyCap>
        <Icon name={isPaused ? "play" : "coffee"} />
        <span class="control-label" data-widest={[t.pause.pause, t.pause.ready, t.asking].join("\n")}>
          {isAsked ? t.asking : label}
        </span>
      </button>
      <div
        ref={menu}
        popover="auto"
        class="menu pause-menu"
        data-testid="pause-menu"
        role="dialog"
        aria-label={t.pause.title}
        onKeyDown={move}
      >
        <p class="pause-trouble">
          <AskedTrouble asking={asking} isShown={() => true} />
        </p>
        {!isPaused && (
          <>
            <h2>{t.pause.title}</h2>
            {me.pause_reasons.map((reason) => (
              <button
                key={reason}
                type="button"
                class="button"
                data-testid="pause-reason"
                data-reason={reason}
                onClick={() => choose(true, reason)}
              >
                <Icon name="coffee" />
                {reason}
              </button>
            ))}
            <p class="quiet-text">{t.pause.hint}</p>
          </>
        )}
      </div>
    </>
  );
}
