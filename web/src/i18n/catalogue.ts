/** Which catalogue is in use. */

import type { Me } from "../wire";
import { en } from "./en";
import { ja } from "./ja";

export type Catalogue = typeof ja;
export type Language = Me["language"];

export const CATALOGUES: Record<Language, Catalogue> = { ja, en };

/** Each language in its own words, for the switch. */
export const LANGUAGE_NAMES: Record<Language, string> = { ja: "日本語", en: "English" };
