/** One control: icon, word, key; says why it cannot be used, and that the PBX has not answered yet. */

import { text } from "../i18n";
import { Icon } from "../ui/icon";
import type { IconName } from "../ui/icons";
import { KeyCap, shortcut } from "../ui/pieces";

export interface ControlProps {
  name: string;
  keyName: string;
  icon: IconName;
  label: string;
  /** What it does, where the word alone does not say. */
  title?: string;
  /** Every word it may bear: it is as wide as the widest from the first, so that nothing moves. */
  widest: readonly string[];
  /** Why it cannot be used now; null where it can. */
  why: string | null;
  isAsked: boolean;
  isExpanded?: boolean;
  tone?: "danger" | "sure";
  onPress(): void;
}

export function Control(props: ControlProps) {
  const t = text.value.control;
  const { name, keyName, icon, label, why, isAsked, isExpanded, tone, onPress } = props;
  return (
    <button
      type="button"
      class={`button control${tone === undefined ? "" : ` ${tone}`}`}
      data-testid={`control-${name}`}
      title={why ?? props.title}
      // Not disabled: who presses it all the same is told why nothing is done.
      aria-disabled={why !== null}
      aria-busy={isAsked}
      aria-expanded={isExpanded}
      aria-keyshortcuts={shortcut(keyName)}
      onClick={onPress}
    >
      <KeyCap>{keyName}</KeyCap>
      <Icon name={icon} />
      <span class="control-label" data-widest={[t.asking, ...props.widest].join("\n")}>
        {isAsked ? t.asking : label}
      </span>
    </button>
  );
}
