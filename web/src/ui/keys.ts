/** Single keys that do something, as long as nobody is typing. */

import { signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { readSetting, writeSetting } from "./settings";

/** A person may turn them off: whoever dictates or rests a hand on the keyboard must be able to. */
export const areKeysOn = signal(readSetting("shortcuts", ["on", "off"], "on") === "on");

export function turnKeys(isOn: boolean): void {
  areKeysOn.value = isOn;
  writeSetting("shortcuts", isOn ? "on" : "off");
}

export type KeyMap = Record<string, () => void>;

/** `keys` are lower case letters and digits, as on the key caps shown. */
export function useKeys(keys: KeyMap): void {
  // Not useEffect: that comes after the paint, and a key pressed as soon as its cap is seen would be lost.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (!areKeysOn.value || event.repeat || isForTyping(event)) return;
      const action = keys[keyOf(event)];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
}

function isForTyping(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return true;
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio])")
  );
}

/** With a Japanese input method on, `key` is "Process" and only the place of the key is known. */
export function keyOf(event: KeyboardEvent): string {
  const key = event.key.normalize("NFKC").toLowerCase();
  if (key.length === 1) return key;
  return event.code.replace(/^(?:Key|Digit|Numpad)/, "").toLowerCase();
}
