/** The language in use and everything that speaks it. */

import { computed, signal } from "@preact/signals";
import { readSetting, writeSetting } from "../ui/settings";
import { CATALOGUES, type Language } from "./catalogue";
import { createDates } from "./dates";
import { createFigures } from "./figures";

export type { Catalogue, Language } from "./catalogue";
export { CATALOGUES, LANGUAGE_NAMES } from "./catalogue";
export { clock } from "./figures";

const browserLanguage: Language = navigator.language.startsWith("en") ? "en" : "ja";

export const language = signal<Language>(readSetting("language", ["ja", "en"], browserLanguage));
/** The centre's, told by the server at sign-in. */
export const centre = signal({ currency: "JPY", timeZone: "Asia/Tokyo" });

export const text = computed(() => CATALOGUES[language.value]);
export const dates = computed(() => createDates(language.value, centre.value.timeZone));
export const figures = computed(() => createFigures(language.value, centre.value.currency));

export function speak(next: Language): void {
  language.value = next;
  writeSetting("language", next);
}

language.subscribe((value) => {
  document.documentElement.lang = value;
});
