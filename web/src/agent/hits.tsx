/** People found, each with what they were found by. */

import { text } from "../i18n";
import { RankBadge } from "../ui/pieces";
import type { CustomerHit } from "../wire";
import { matchOf } from "./match";

interface Props {
  id: string;
  label: string;
  hits: readonly CustomerHit[];
  /** What was looked for. */
  words: string;
  /** Whose turn it is for Enter; -1 for nobody's. */
  active: number;
  onChoose(hit: CustomerHit): void;
}

export function Hits({ id, label, hits, words, active, onChoose }: Props) {
  const t = text.value;
  if (hits.length === 0) return null;
  return (
    <div class="hits" id={id} role="listbox" aria-label={label}>
      {hits.map((hit, index) => (
        <button
          key={hit.customer_id}
          type="button"
          role="option"
          id={`${id}-${index}`}
          class="hit"
          data-testid="search-hit"
          data-customer={hit.customer_id}
          data-matched={hit.matched}
          aria-selected={index === active}
          onClick={() => onChoose(hit)}
        >
          <span class="hit-who">
            <span class="reading">
              <Marked text={hit.reading} words={hit.matched === "name" ? words : ""} />
            </span>
            <span class="hit-name">
              <Marked text={hit.name} words={hit.matched === "name" ? words : ""} />
              {t.common.honorificMark !== "" && ` ${t.common.honorificMark}`}
            </span>
          </span>
          <RankBadge rank={hit.rank} />
          {(hit.postcode !== "" || hit.address !== "") && (
            <span class="hit-place">
              {hit.postcode !== "" && (
                <>
                  〒<Marked text={hit.postcode} words={hit.matched === "postcode" ? words : ""} />{" "}
                </>
              )}
              {hit.address}
            </span>
          )}
          <By hit={hit} words={words} />
        </button>
      ))}
    </div>
  );
}

/** What it was found by, where neither the name nor the place shows that. */
function By({ hit, words }: { hit: CustomerHit; words: string }) {
  const t = text.value.customer.finder.matched;
  if (hit.matched === "number") {
    const numbers = hit.numbers.map((each) => each.display || each.e164);
    const shown = numbers.find((number) => matchOf(number, words) !== null) ?? numbers[0] ?? "";
    return <Found label={t.number} text={shown} words={words} />;
  }
  if (hit.matched === "order") return <Found label={t.order} text={hit.order_number ?? ""} words={words} />;
  if (hit.matched === "code") return <Found label={t.code} text={hit.code} words={words} />;
  return null;
}

function Found({ label, text: found, words }: { label: string; text: string; words: string }) {
  return (
    <span class="hit-by">
      {label} <Marked text={found} words={words} />
    </span>
  );
}

function Marked({ text: whole, words }: { text: string; words: string }) {
  const match = matchOf(whole, words);
  if (match === null) return <>{whole}</>;
  return (
    <>
      {match.before}
      <mark>{match.part}</mark>
      {match.after}
    </>
  );
}
