/** Light or dark, normal or large text: kept in this browser, told to the style sheets on <html>. */

import { signal } from "@preact/signals";
import { readSetting, writeSetting } from "./settings";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const TEXT_SIZES = ["normal", "large"] as const;
export type TextSize = (typeof TEXT_SIZES)[number];

export const theme = signal<Theme>(readSetting("theme", THEMES, "system"));
export const textSize = signal<TextSize>(readSetting("text-size", TEXT_SIZES, "normal"));

theme.subscribe((value) => {
  document.documentElement.dataset.theme = value;
});
textSize.subscribe((value) => {
  document.documentElement.dataset.text = value;
});

export function chooseTheme(next: Theme): void {
  theme.value = next;
  writeSetting("theme", next);
}

export function chooseTextSize(next: TextSize): void {
  textSize.value = next;
  writeSetting("text-size", next);
}
