/** The first page: who sits here. */

import { useEffect, useRef, useState } from "preact/hooks";
import "./signin.css";
import { signIn } from "../api";
import { text } from "../i18n";
import { enter } from "../session";
import { Icon } from "../ui/icon";
import { DisplayMenu, LanguageSwitch } from "../ui/preferences";
import type { Problem } from "../wire";

type Trouble = Problem["code"] | "missing" | "unreachable" | "ended" | null;

export function SignInPage({ hasEnded }: { hasEnded: boolean }) {
  const t = text.value;
  const [trouble, setTrouble] = useState<Trouble>(hasEnded ? "ended" : null);
  const [isBusy, setBusy] = useState(false);
  const [isVisible, setVisible] = useState(false);
  const login = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);

  useEffect(() => {
    document.title = `${text.value.signIn.title} — ${text.value.product}`;
  });
  useEffect(() => login.current?.focus(), []);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const [who, secret] = [login.current?.value.trim() ?? "", password.current?.value ?? ""];
    if (who === "" || secret === "") {
      setTrouble("missing");
      (who === "" ? login : password).current?.focus();
      return;
    }
    setBusy(true);
    const outcome = await signIn({ login: who, password: secret });
    if (outcome.kind === "ok") {
      enter(outcome.value);
      return;
    }
    setBusy(false);
    setTrouble(outcome.kind === "refused" ? outcome.code : "unreachable");
    password.current?.select();
    password.current?.focus();
  }

  return (
    <div class="signin">
      <header class="signin-top">
        <LanguageSwitch />
        <DisplayMenu />
      </header>
      <main class="signin-main">
        <h1 class="signin-brand">
          <span class="signin-mark">
            <Icon name="phone-incoming" />
          </span>
          {t.product}
        </h1>
        <p class="signin-lead">{t.signIn.lead}</p>
        <form class="signin-form" onSubmit={(event) => void submit(event)} noValidate>
          <label class="field">
            <span>{t.signIn.login}</span>
            <input
              ref={login}
              name="login"
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              required
              data-testid="signin-login"
            />
          </label>
          <label class="field">
            <span>{t.signIn.password}</span>
            <input
              ref={password}
              name="password"
              {...(isVisible ? ({ type: "text" } as const) : ({ type: "password" } as const))}
              autocomplete="current-password"
              required
              data-testid="signin-password"
            />
          </label>
          <label class="tick">
            <input type="checkbox" checked={isVisible} onChange={() => setVisible(!isVisible)} />
            {t.signIn.showPassword}
          </label>
          <p class="signin-trouble" role="alert" data-testid="signin-trouble">
            {trouble !== null && (
              <>
                <Icon name="triangle-alert" />
                {sentence(trouble)}
              </>
            )}
          </p>
          <button type="submit" class="button primary" disabled={isBusy} data-testid="signin-submit">
            {isBusy ? t.signIn.submitting : t.signIn.submit}
          </button>
        </form>
      </main>
    </div>
  );
}

function sentence(trouble: NonNullable<Trouble>): string {
  const { signIn: own, problems } = text.value;
  switch (trouble) {
    case "missing":
      return own.missing;
    case "ended":
      return own.ended;
    case "unreachable":
      return own.unreachable;
    default:
      return problems[trouble] ?? problems.unavailable;
  }
}
