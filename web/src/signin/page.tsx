/** The first page: who sits here. */

import { useEffect, useRef, useState } from "preact/hooks";
import "./signin.css";
import { fetchSignInWays, signIn } from "../api";
import { text } from "../i18n";
import { enter } from "../session";
import { Icon } from "../ui/icon";
import { DisplayMenu, LanguageSwitch } from "../ui/preferences";
import type { Problem } from "../wire";

/** What the way back from the provider says in the address, as `#sign-in=...`. */
const PROVIDER_TROUBLES = ["cancelled", "expired", "unproven", "unknown_login", "unavailable"] as const;
type ProviderTrouble = `oidc_${(typeof PROVIDER_TROUBLES)[number]}`;
type Trouble = Problem["code"] | "missing" | "unreachable" | "ended" | ProviderTrouble | null;

export function SignInPage({ hasEnded }: { hasEnded: boolean }) {
  const t = text.value;
  const [trouble, setTrouble] = useState<Trouble>(() => providerTrouble() ?? (hasEnded ? "ended" : null));
  const [provider, setProvider] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [isVisible, setVisible] = useState(false);
  const login = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);

  useEffect(() => {
    document.title = `${text.value.signIn.title} — ${text.value.product}`;
  });
  useEffect(() => login.current?.focus(), []);
  useEffect(() => {
    // Said once: a page loaded again has nothing to say.
    if (location.hash.startsWith("#sign-in=")) history.replaceState(null, "", location.pathname);
    void fetchSignInWays().then((outcome) => {
      if (outcome.kind === "ok") setProvider(outcome.value.oidc);
    });
  }, []);

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
          {provider !== null && (
            <a class="button signin-provider" href="/api/session/oidc" data-testid="signin-oidc">
              <Icon name="key-round" />
              {t.signIn.byProvider(provider)}
            </a>
          )}
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
    case "oidc_cancelled":
    case "oidc_expired":
    case "oidc_unproven":
    case "oidc_unknown_login":
    case "oidc_unavailable":
      return own.provider[trouble];
    default:
      return problems[trouble] ?? problems.unavailable;
  }
}

function providerTrouble(): ProviderTrouble | null {
  const said = new URLSearchParams(location.hash.slice(1)).get("sign-in");
  const known = PROVIDER_TROUBLES.find((trouble) => trouble === said);
  return known === undefined ? null : `oidc_${known}`;
}
