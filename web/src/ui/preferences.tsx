/** The switches in the corner of every page: language, display, leaving. */

import { useId } from "preact/hooks";
import { LANGUAGE_NAMES, type Language, language, text } from "../i18n";
import { chooseLanguage, leave, session } from "../session";
import { chooseTextSize, chooseTheme, TEXT_SIZES, THEMES, textSize, theme } from "./appearance";
import { Icon } from "./icon";
import { areKeysOn, turnKeys } from "./keys";

/** One press changes to the other language; the button says, in that language, which. */
export function LanguageSwitch() {
  const other: Language = language.value === "ja" ? "en" : "ja";
  return (
    <button
      type="button"
      class="button quiet"
      data-testid="language"
      lang={other}
      title={text.value.common.language}
      onClick={() => chooseLanguage(other)}
    >
      <Icon name="languages" />
      <span>{LANGUAGE_NAMES[other]}</span>
    </button>
  );
}

export function DisplayMenu() {
  const id = useId();
  const t = text.value.common;
  return (
    <>
      <button type="button" class="button quiet" data-testid="display" title={t.display} popoverTarget={id}>
        <Icon name="sliders-horizontal" />
        <span class="label">{t.display}</span>
      </button>
      <div id={id} popover="auto" class="menu">
        <Choice
          label={t.theme.label}
          options={THEMES}
          names={t.theme}
          value={theme.value}
          onChoose={chooseTheme}
        />
        <Choice
          label={t.textSize.label}
          options={TEXT_SIZES}
          names={t.textSize}
          value={textSize.value}
          onChoose={chooseTextSize}
        />
        <Choice
          label={t.shortcuts.label}
          options={["on", "off"] as const}
          names={t.shortcuts}
          value={areKeysOn.value ? "on" : "off"}
          onChoose={(value) => turnKeys(value === "on")}
        />
      </div>
    </>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  options: readonly Value[];
  names: Record<Value, string>;
  value: Value;
  onChoose(value: Value): void;
}

function Choice<Value extends string>({ label, options, names, value, onChoose }: ChoiceProps<Value>) {
  const group = useId();
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {options.map((option) => (
        <label key={option}>
          <input type="radio" name={group} checked={option === value} onChange={() => onChoose(option)} />
          <span>{names[option]}</span>
        </label>
      ))}
    </fieldset>
  );
}

export function SignOut() {
  if (session.value.kind !== "in") return null;
  return (
    <button
      type="button"
      class="button quiet"
      data-testid="sign-out"
      title={text.value.common.signOut}
      onClick={() => void leave()}
    >
      <Icon name="log-out" />
      <span class="label">{text.value.common.signOut}</span>
    </button>
  );
}
