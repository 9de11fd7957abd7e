/** The switches in the corner of every page: language, display, leaving. */

import { useId } from "preact/hooks";
import { AlertChoices } from "../alert/choices";
import { LANGUAGE_NAMES, type Language, language, text } from "../i18n";
import { chooseLanguage, homeOf, leave, session } from "../session";
import { chooseTextSize, chooseTheme, TEXT_SIZES, THEMES, textSize, theme } from "./appearance";
import { Choice } from "./choice";
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
  const now = session.value;
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
        {now.kind === "in" && homeOf(now.me) === "/agent" && <AlertChoices />}
      </div>
    </>
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
