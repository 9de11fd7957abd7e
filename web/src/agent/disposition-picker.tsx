/** Two lists to choose a disposition from: digits and arrows choose, letters search. */

import { useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import { language, text } from "../i18n";
import { keyOf } from "../ui/keys";
import { KeyCap } from "../ui/pieces";
import type { DispositionCategory } from "../wire";
import { matchOf } from "./match";

type List = "categories" | "dispositions" | "found";

interface Props {
  id: string;
  categories: readonly DispositionCategory[];
  category: string | null;
  disposition: string | null;
  onPick(category: string, disposition: string): void;
  onClose(): void;
}

export function DispositionPicker({ id, categories, category, disposition, onPick, onClose }: Props) {
  const t = text.value.wrapUp;
  const [open, show] = useState(category ?? categories[0]?.id ?? null);
  const [words, type] = useState("");
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const box = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const isSearching = words.trim() !== "";
  const shown = categories.find((each) => each.id === open);
  const found = isSearching ? hits(categories, words) : [];

  /** Where the focus goes as soon as it is drawn. */
  const wanted = useRef<List | null>("categories");

  // Before the paint: a digit that follows at once must find its list.
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    const [first, ...others] = options(wanted.current);
    const chosen = [first, ...others].find((each) => each?.getAttribute("aria-pressed") === "true");
    (wanted.current === "categories" ? (chosen ?? first) : first)?.focus();
    wanted.current = null;
  });
  useLayoutEffect(() => box.current?.scrollIntoView({ block: "nearest" }), []);

  const options = (list: List) => [
    ...(box.current?.querySelectorAll<HTMLButtonElement>(`[data-list=${list}] button`) ?? []),
  ];
  const listOf = (target: EventTarget | null) =>
    ((target as HTMLElement | null)?.closest<HTMLElement>("[data-list]")?.dataset.list as List | undefined) ??
    "categories";
  const enter = (of: string) => {
    show(of);
    wanted.current = "dispositions";
    draw(0);
  };

  const press = (event: KeyboardEvent) => {
    // Every key is the lists' own while they are open: those of the page must not hear them.
    event.stopPropagation();
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") onClose();
    else if (event.target === search.current) {
      if (event.key !== "ArrowDown" && event.key !== "Enter") return;
      const [first] = options("found");
      if (event.key === "Enter") first?.click();
      else first?.focus();
    } else if (!move(event)) return;
    event.preventDefault();
  };
  /** Whether the key chose or moved. */
  const move = (event: KeyboardEvent): boolean => {
    const list = listOf(event.target);
    const here = options(list);
    const at = here.indexOf(event.target as HTMLButtonElement);
    const key = keyOf(event);
    const digit = Number(key);
    if (digit >= 1) here[digit - 1]?.click();
    else if (event.key === "ArrowDown") here[(at + 1) % here.length]?.focus();
    else if (event.key === "ArrowUp") here[(at - 1 + here.length) % here.length]?.focus();
    else if (event.key === "ArrowRight" && list === "categories") options("dispositions")[0]?.focus();
    else if ((event.key === "ArrowLeft" || event.key === "Backspace") && list === "dispositions")
      box.current?.querySelector<HTMLElement>("[data-list=categories] [aria-pressed=true]")?.focus();
    else {
      // Not prevented: the letter goes into the field that it moves to.
      if (/^[\p{L}\p{N}]$/u.test(key)) search.current?.focus();
      return false;
    }
    return true;
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the buttons within
    <div ref={box} id={id} class="picker" data-testid="disposition-picker" data-typing onKeyDown={press}>
      <input
        ref={search}
        type="text"
        autocomplete="off"
        class="input"
        data-testid="disposition-search"
        aria-label={t.search}
        placeholder={t.search}
        value={words}
        onInput={(event) => type(event.currentTarget.value)}
      />
      {isSearching ? (
        <ul data-list="found" aria-label={t.dispositions}>
          {found.map(({ of, one }, index) => (
            <Option
              key={`${of.id} ${one.id}`}
              index={index}
              label={`${of[language.value]} › ${one[language.value]}`}
              isOn={of.id === category && one.id === disposition}
              testId="disposition-hit"
              onChoose={() => onPick(of.id, one.id)}
            />
          ))}
          {found.length === 0 && (
            <li class="quiet-text" role="status">
              {t.nothing}
            </li>
          )}
        </ul>
      ) : (
        <div class="picker-lists">
          <ul data-list="categories" aria-label={t.categories}>
            {categories.map((each, index) => (
              <Option
                key={each.id}
                index={index}
                label={each[language.value]}
                isOn={each.id === open}
                testId="disposition-category"
                onFocus={() => show(each.id)}
                onChoose={() => enter(each.id)}
              />
            ))}
          </ul>
          <ul data-list="dispositions" aria-label={t.dispositions}>
            {shown?.dispositions.map((each, index) => (
              <Option
                key={`${shown.id} ${each.id}`}
                index={index}
                label={each[language.value]}
                isOn={shown.id === category && each.id === disposition}
                testId="disposition-choice"
                onChoose={() => onPick(shown.id, each.id)}
              />
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

interface OptionProps {
  index: number;
  label: string;
  isOn: boolean;
  testId: string;
  onChoose(): void;
  onFocus?: () => void;
}

function Option({ index, label, isOn, testId, onChoose, onFocus }: OptionProps) {
  return (
    <li>
      <button type="button" aria-pressed={isOn} data-testid={testId} onClick={onChoose} onFocus={onFocus}>
        {index < 9 && <KeyCap>{String(index + 1)}</KeyCap>}
        <span>{label}</span>
      </button>
    </li>
  );
}

/** Every disposition in whose words, of either language, or whose category's the letters stand. */
function hits(categories: readonly DispositionCategory[], words: string) {
  const all = categories.flatMap((of) => of.dispositions.map((one) => ({ of, one })));
  return all.filter(({ of, one }) =>
    [one.ja, one.en, one.id, of.ja, of.en].some((label) => matchOf(label, words) !== null),
  );
}
