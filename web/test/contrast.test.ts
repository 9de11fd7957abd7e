/** Every pair of colours that bears text is readable, light and dark: WCAG 2.2, 1.4.3 and 1.4.6. */

import palette from "@digital-go-jp/design-tokens/dist/tokens.css?raw";
import { describe, expect, test } from "vitest";
import tokens from "../src/ui/tokens.css?raw";

const AA = 4.5;
const AAA = 7;
/** For what is no text: marks, borders of fields, the focus. */
const SHAPE = 3;

const PAIRS: readonly (readonly [text: string, ground: string, least: number])[] = [
  ["text", "page", AAA],
  ["text", "surface", AAA],
  ["text", "sunken", AAA],
  ["text", "accent-soft", AAA],
  ["text-quiet", "page", AA],
  ["text-quiet", "surface", AA],
  ["text-quiet", "sunken", AA],
  ["text-quiet", "accent-soft", AA],
  ["accent", "surface", AA],
  ["accent", "accent-soft", AA],
  ["on-accent", "accent", AA],
  ["on-ring", "ring", AAA],
  ["on-talk", "talk", AAA],
  ["on-hold", "hold", AAA],
  ["on-over", "over", AAA],
  ["on-ready", "ready", AA],
  ["on-pause", "pause", AA],
  ["on-busy", "busy", AA],
  ["on-wrap", "wrap", AA],
  ["surface", "talk-mark", AA],
  ["surface", "hold-mark", AA],
  ["surface", "over-mark", AA],
  ["surface", "notice-mark", AA],
  ["on-critical", "critical", AAA],
  ["on-warning", "warning", AAA],
  ["on-notice", "notice", AAA],
  ["on-memo", "memo", AAA],
  ["critical-mark", "surface", AA],
  ["critical-mark", "critical", SHAPE],
  ["warning-mark", "warning", SHAPE],
  ["notice-mark", "notice", SHAPE],
  ["memo-mark", "memo", SHAPE],
  ["on-gold", "gold", AA],
  ["on-silver", "silver", AA],
  ["on-platinum", "platinum", AA],
  ["line-strong", "surface", SHAPE],
  ["focus", "page", SHAPE],
  ["focus", "surface", SHAPE],
];

/** Custom properties by name, of the first rule that sets each. */
function properties(sheet: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = "", value = ""] of sheet.matchAll(/--([\w-]+):\s*([^;]+);/g)) {
    if (!found.has(name)) found.set(name, value.trim());
  }
  return found;
}

const all = new Map([...properties(palette), ...properties(tokens)]);

/** Splits `a, b` at the comma that stands outside brackets. */
function split(text: string): [string, string] {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === "(") depth += 1;
    if (text[index] === ")") depth -= 1;
    if (text[index] === "," && depth === 0)
      return [text.slice(0, index).trim(), text.slice(index + 1).trim()];
  }
  throw new Error(`no two colours in ${text}`);
}

function resolve(value: string, isDark: boolean): string {
  const both = /^light-dark\((.*)\)$/s.exec(value)?.[1];
  if (both !== undefined) return resolve(split(both)[isDark ? 1 : 0], isDark);
  const name = /^var\(--([\w-]+)\)$/.exec(value)?.[1];
  if (name === undefined) return value;
  const next = all.get(name);
  if (next === undefined) throw new Error(`--${name} is set nowhere`);
  return resolve(next, isDark);
}

function luminance(hex: string): number {
  if (!/^#[0-9a-f]{6}$/i.test(hex)) throw new Error(`${hex} is no plain colour`);
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const channel = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe.each([
  ["light", false],
  ["dark", true],
])("%s", (_theme, isDark) => {
  test.each(PAIRS)("%s on %s at least %d", (text, ground, least) => {
    const [front, back] = [resolve(`var(--${text})`, isDark), resolve(`var(--${ground})`, isDark)];
    expect(contrast(front, back), `${front} on ${back}`).toBeGreaterThanOrEqual(least);
  });
});

test("the measure itself is right", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
});
