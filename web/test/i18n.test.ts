/** Both catalogues are whole. That they have the same keys is checked by the compiler; that they say something, here. */

import { expect, test } from "vitest";
import { en } from "../src/i18n/en";
import { ja } from "../src/i18n/ja";

type Leaf = [path: string, value: string | ((...words: string[]) => string)];

function leaves(node: object, path = ""): Leaf[] {
  return Object.entries(node).flatMap(([key, value]): Leaf[] =>
    typeof value === "object" ? leaves(value, `${path}${key}.`) : [[path + key, value]],
  );
}

/** A sentence with its gaps filled. */
function said(value: Leaf[1]): string {
  if (typeof value === "string") return value;
  const gaps = Array.from({ length: value.length }, (_, index) => `«${index + 1}»`);
  // Lists are told apart by what the function does with them, not by what it declares.
  try {
    return value(...gaps);
  } catch {
    return (value as unknown as (words: string[]) => string)(gaps);
  }
}

const catalogues = { ja, en };
/** In English a name stands without honorific; nothing is missing. */
const MAY_BE_EMPTY = new Set(["common.honorificMark"]);

test("the keys are the same, in the same order", () => {
  expect(leaves(en).map(([path]) => path)).toEqual(leaves(ja).map(([path]) => path));
});

test.each(["ja", "en"] as const)("every sentence of %s says something", (language) => {
  for (const [path, value] of leaves(catalogues[language])) {
    if (!MAY_BE_EMPTY.has(path)) expect(said(value).trim(), path).not.toBe("");
  }
});

test("no Japanese is left in the English catalogue", () => {
  for (const [path, value] of leaves(en))
    expect(said(value), path).not.toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
});

test("both languages say every word they are given, or neither does", () => {
  const japanese = new Map(leaves(ja));
  for (const [path, value] of leaves(en)) {
    const other = japanese.get(path);
    if (typeof value !== "function" || typeof other !== "function") continue;
    const gaps = (words: string) => [...new Set(words.match(/«\d»/g))].sort();
    expect(gaps(said(value)), path).toEqual(gaps(said(other)));
  }
});
