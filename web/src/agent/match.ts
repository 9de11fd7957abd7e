/** Which part of a text was looked for. Pure. */

export interface Match {
  before: string;
  part: string;
  after: string;
}

/** Where `words` stand in `text`, whatever the width, the kana, the spaces and the dashes; null where nowhere. */
export function matchOf(text: string, words: string): Match | null {
  const wanted = fold(words)
    .map(([letter]) => letter)
    .join("");
  const letters = fold(text);
  const from =
    wanted === ""
      ? -1
      : letters
          .map(([letter]) => letter)
          .join("")
          .indexOf(wanted);
  const [first, last] = [letters[from], letters[from + wanted.length - 1]];
  if (first === undefined || last === undefined) return null;
  const [start, end] = [first[1], last[2]];
  return { before: text.slice(0, start), part: text.slice(start, end), after: text.slice(end) };
}

type Letter = [letter: string, start: number, end: number];

/** Letters and digits alone, each with where it stands; katakana for hiragana, narrow for wide. */
function fold(text: string): Letter[] {
  const found: Letter[] = [];
  let at = 0;
  for (const character of text) {
    const end = at + character.length;
    for (const folded of character.normalize("NFKC").toLowerCase()) {
      if (/[\p{L}\p{N}\p{M}]/u.test(folded) && folded.length === 1) found.push([katakana(folded), at, end]);
    }
    at = end;
  }
  return found;
}

function katakana(letter: string): string {
  return /[\u3041-\u3096]/.test(letter) ? String.fromCharCode(letter.charCodeAt(0) + 0x60) : letter;
}
