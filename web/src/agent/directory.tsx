/** A panel that finds whom to call: colleagues by name, reading and number, or any number typed. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Failure } from "../api";
import { fetchColleagues } from "../colleagues";
import { figures, text } from "../i18n";
import { Icon } from "../ui/icon";
import type { IconName } from "../ui/icons";
import { AGENT_ICONS } from "../ui/states";
import type { Colleague } from "../wire";
import { type Option, optionsFor, type Target, targetOf, whyNotTo } from "./targets";

/** As fresh as a person needs it who is about to choose. */
const REFRESH_MS = 3_000;

interface Action {
  id: string;
  icon: IconName;
  label: string;
  title: string;
  isAsked: boolean;
  act(target: Target): void;
}

interface Props {
  title: string;
  testId: string;
  /** Why nothing can be done now, whoever is chosen; null where it can. */
  whyNot: string | null;
  /** With one of them Enter does it; of several Enter leads to the first. */
  actions: readonly Action[];
  trouble: ComponentChildren;
  onClose(): void;
}

export function Directory({ title, testId, whyNot, actions, trouble, onClose }: Props) {
  const t = text.value.control;
  const id = useId();
  const [words, type] = useState("");
  const { all, failure } = useColleagues();
  const [active, activate] = useState(-1);
  const box = useRef<HTMLInputElement>(null);
  const tools = useRef<HTMLDivElement>(null);
  const options = optionsFor(words, all);
  const option = options[active] ?? null;
  const target = option === null ? null : targetOf(option);
  const why = whyNot ?? whyNotTo(option);

  // Opened by the person's own key or click: it is theirs to type into, from the next letter on.
  useLayoutEffect(() => box.current?.focus(), []);

  const act = (action: Action) => {
    if (why === null && target !== null) action.act(target);
  };
  const press = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const [first, second] = actions;
    if (step !== 0 && options.length > 0) {
      const next = active < 0 && step < 0 ? options.length - 1 : active + step;
      activate((next + options.length) % options.length);
    } else if (event.key === "Enter" && first !== undefined && option !== null) {
      if (second === undefined) act(first);
      else tools.current?.querySelector("button")?.focus();
    } else return;
    event.preventDefault();
  };
  useEffect(() => {
    document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: "nearest" });
  }, [active]);

  return (
    <section
      class="directory panel"
      role="dialog"
      aria-label={title}
      data-testid={`${testId}-panel`}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.preventDefault();
        onClose();
      }}
    >
      <header class="directory-head">
        <h2>{title}</h2>
        <button type="button" class="button quiet" data-testid={`${testId}-close`} onClick={onClose}>
          <span class="keycap" aria-hidden="true">
            Esc
          </span>
          {t.directory.close}
        </button>
      </header>
      <label for={`${id}-box`}>{t.directory.label}</label>
      <input
        ref={box}
        id={`${id}-box`}
        type="text"
        autocomplete="off"
        class="input"
        data-testid={`${testId}-input`}
        value={words}
        role="combobox"
        aria-expanded={options.length > 0}
        aria-controls={id}
        aria-activedescendant={option === null ? undefined : `${id}-${active}`}
        onInput={(event) => {
          const typed = event.currentTarget.value;
          type(typed);
          // Nobody is meant by nothing: whom a call goes to must have been chosen.
          activate(typed.trim() === "" ? -1 : 0);
        }}
        onKeyDown={press}
      />
      <p class="visually-hidden" aria-live="polite">
        {words.trim() === "" ? "" : t.directory.found(figures.value.count(options.length))}
      </p>
      <div class="directory-list" id={id} role="listbox" aria-label={title}>
        {options.map((each, index) => (
          <Choice
            key={each.kind === "number" ? "number" : each.colleague.agent_id}
            id={`${id}-${index}`}
            option={each}
            isActive={index === active}
            onChoose={() => activate(index)}
          />
        ))}
        {options.length === 0 && failure === null && words.trim() !== "" && (
          <p class="quiet-text">{t.directory.nobody}</p>
        )}
        {failure !== null && <p class="inline-fault">{t.directory.failed}</p>}
      </div>
      <div class="directory-tools" ref={tools}>
        {actions.map((action) => (
          <button
            key={action.id}
            type="button"
            class="button"
            data-testid={`${testId}-${action.id}`}
            title={why ?? action.title}
            aria-disabled={why !== null}
            aria-busy={action.isAsked}
            aria-describedby={`${id}-why`}
            onClick={() => act(action)}
          >
            <Icon name={action.icon} />
            {action.isAsked ? t.asking : action.label}
          </button>
        ))}
      </div>
      <p class="directory-why" id={`${id}-why`} role="status" data-testid={`${testId}-why`}>
        {why ?? trouble}
      </p>
    </section>
  );
}

interface ChoiceProps {
  id: string;
  option: Option;
  isActive: boolean;
  onChoose(): void;
}

function Choice({ id, option, isActive, onChoose }: ChoiceProps) {
  const t = text.value;
  const props = {
    type: "button" as const,
    role: "option" as const,
    id,
    class: "colleague",
    tabIndex: -1,
    "aria-selected": isActive,
    "data-testid": option.kind,
    onClick: onChoose,
  };
  if (option.kind === "number") {
    return (
      <button {...props}>
        <Icon name="phone" />
        <span class="colleague-who">{option.number}</span>
        <span class="quiet-text">{t.control.directory.typed}</span>
      </button>
    );
  }
  const { agent_id, name, reading, number, state } = option.colleague;
  return (
    <button {...props} data-agent={agent_id}>
      <span class="colleague-who">
        <span class="reading">{reading}</span>
        <span>{name}</span>
      </span>
      <span class="colleague-number">{number ?? t.common.none}</span>
      <span class={`state-cell state-${state}`}>
        <Icon name={AGENT_ICONS[state]} />
        {t.agentStates[state]}
      </span>
    </button>
  );
}

/** Asked for at once and again while the panel is open: who was free a minute ago may not be. */
function useColleagues(): { all: readonly Colleague[]; failure: Failure | null } {
  const [found, keep] = useState<{ all: readonly Colleague[]; failure: Failure | null }>({
    all: [],
    failure: null,
  });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const look = async () => {
      const outcome = await fetchColleagues();
      if (isOver) return;
      if (outcome.kind === "ok") keep({ all: outcome.value.colleagues, failure: null });
      else keep((before) => ({ ...before, failure: outcome }));
      timer = setTimeout(() => void look(), REFRESH_MS);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, []);
  return found;
}
