/** Whom to call: a colleague, or any number. And a number on the page that is called by a press. */

import { text } from "../i18n";
import { Icon } from "../ui/icon";
import { KeyCap, shortcut } from "../ui/pieces";
import { AskedTrouble } from "./asked";
import { PANEL_KEY, useCalling } from "./calling";
import { Directory } from "./directory";
import type { Target } from "./targets";

export function Dial({ onClose }: { onClose(): void }) {
  const t = text.value.control;
  const { asking, whyNotDial } = useCalling();
  const call = async ({ number, name }: Target) => {
    const result = await asking.ask({ type: "originate", number, name: name ?? "" });
    if (result?.kind === "done") onClose();
  };
  const isAsked = asking.isAsked("originate");
  return (
    <Directory
      title={t.directory.dial}
      testId="dial"
      whyNot={isAsked ? t.why.asking : whyNotDial}
      actions={[
        {
          id: "call",
          icon: "phone-outgoing",
          label: t.directory.call,
          title: t.directory.dial,
          isAsked,
          act: (target) => void call(target),
        },
      ]}
      trouble={<AskedTrouble asking={asking} isShown={({ deed }) => deed === "originate"} />}
      onClose={onClose}
    />
  );
}

/** Opens the panel for whom to call. */
export function DialButton() {
  const calling = useCalling();
  return (
    <button
      type="button"
      class="button"
      data-testid="dial-open"
      aria-keyshortcuts={shortcut(PANEL_KEY)}
      onClick={calling.openPanel}
    >
      <KeyCap>{PANEL_KEY}</KeyCap>
      <Icon name="phone-outgoing" />
      {text.value.control.directory.dial}
    </button>
  );
}

interface CallNumberProps {
  number: string;
  /** What is shown of it. */
  label: string;
  /** What the own telephone shows beside it. */
  name: string;
  class?: string;
}

/** A number that is called by a press. */
export function CallNumber({ number, label, name, class: extra }: CallNumberProps) {
  const t = text.value.control;
  const calling = useCalling();
  const why = calling.asking.isAsked("originate") ? t.why.asking : calling.whyNotDial;
  return (
    <button
      type="button"
      class={extra === undefined ? "dial-number" : `dial-number ${extra}`}
      data-testid="call-number"
      title={why ?? t.directory.callNumber(number)}
      aria-disabled={why !== null}
      onClick={() => (why === null ? calling.dial(number, name) : calling.say(why))}
    >
      {label}
    </button>
  );
}
