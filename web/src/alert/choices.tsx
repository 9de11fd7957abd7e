/** What an agent chooses about rings that nobody looks at. Stands in the display menu. */

import { useEffect } from "preact/hooks";
import { text } from "../i18n";
import { Choice } from "../ui/choice";
import { askForPermission, isWanted, permission, reread, want } from "./notification";
import { chooseLoudness, isAllowedToSound, LOUDNESS, loudness } from "./tone";

export function AlertChoices() {
  const t = text.value.alert;
  useEffect(() => {
    addEventListener("focus", reread);
    return () => removeEventListener("focus", reread);
  }, []);
  return (
    <>
      <Choice
        label={t.tone.label}
        options={LOUDNESS}
        names={t.tone}
        value={loudness.value}
        testId="ring-tone"
        onChoose={chooseLoudness}
      />
      {loudness.value !== "off" && !isAllowedToSound.value && (
        <p class="menu-note" data-testid="ring-tone-blocked">
          {t.tone.blocked}
        </p>
      )}
      <Notifications />
    </>
  );
}

function Notifications() {
  const t = text.value.alert.notification;
  switch (permission.value) {
    case "granted":
      return (
        <Choice
          label={t.label}
          options={["on", "off"] as const}
          names={t}
          value={isWanted.value ? "on" : "off"}
          testId="ring-notification"
          onChoose={(value) => want(value === "on")}
        />
      );
    case "default":
      return (
        <div class="menu-note">
          <strong>{t.label}</strong>
          <p>{t.lead}</p>
          <button
            type="button"
            class="button"
            data-testid="ask-notification"
            onClick={() => void askForPermission()}
          >
            {t.ask}
          </button>
        </div>
      );
    case "denied":
    case "unsupported":
      return (
        <div class="menu-note" data-testid="no-notification">
          <strong>{t.label}</strong>
          <p>{permission.value === "denied" ? t.denied : t.unsupported}</p>
        </div>
      );
  }
}
