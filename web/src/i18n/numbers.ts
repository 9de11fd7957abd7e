/**
 * Telephone numbers for people.
 *
 * The server groups the caller's number (`display`). A card's other numbers come
 * in E.164 only; here they are grouped where the grouping is certain without a
 * table of area codes, and else written without hyphens, as is usual.
 */

const JAPAN = "+81";

/** National significant number of Japan: how many digits the first and second group take. */
const GROUPS: readonly (readonly [RegExp, readonly [number, number]])[] = [
  [/^[36]\d{8}$/, [1, 4]],
  [/^120\d{6}$/, [3, 3]],
  [/^800\d{7}$/, [3, 3]],
  [/^[5-9]0\d{8}$/, [2, 4]],
  [/^570\d{6}$/, [3, 3]],
];

export function numberForPeople(
  e164: string,
  caller: { e164: string | null; display: string } | null,
): string {
  if (caller !== null && caller.e164 === e164 && caller.display !== "") return caller.display;
  if (!e164.startsWith(JAPAN)) return e164;
  const national = e164.slice(JAPAN.length);
  for (const [shape, [first, second]] of GROUPS) {
    if (!shape.test(national)) continue;
    const end = first + second;
    return `0${national.slice(0, first)}-${national.slice(first, end)}-${national.slice(end)}`;
  }
  return `0${national}`;
}
