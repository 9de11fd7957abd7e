/** Tabs: one key each, arrows between them, one panel. */

import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { useKeys } from "./keys";
import { KeyCap, shortcut } from "./pieces";

export interface Tab<Name extends string> {
  name: Name;
  label: string;
  /** Null where it is not known before the tab is shown. */
  count: number | null;
  key: string;
}

interface Props<Name extends string> {
  label: string;
  tabs: readonly Tab<Name>[];
  shown: Name;
  onShow(name: Name): void;
  children: ComponentChildren;
}

export function Tabs<Name extends string>({ label, tabs, shown, onShow, children }: Props<Name>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  useKeys(Object.fromEntries(tabs.map((tab) => [tab.key, () => onShow(tab.name)])));

  function move(event: KeyboardEvent): void {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = tabs[(tabs.findIndex((tab) => tab.name === shown) + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    onShow(next.name);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.name}"]`)?.focus();
  }

  return (
    <div class="tabs">
      <div class="tab-list" role="tablist" tabIndex={-1} aria-label={label} ref={list} onKeyDown={move}>
        {tabs.map((tab) => (
          <button
            key={tab.name}
            type="button"
            role="tab"
            id={`${id}-${tab.name}`}
            data-tab={tab.name}
            aria-selected={tab.name === shown}
            aria-controls={`${id}-panel`}
            aria-keyshortcuts={shortcut(tab.key)}
            tabIndex={tab.name === shown ? 0 : -1}
            onClick={() => onShow(tab.name)}
          >
            <KeyCap>{tab.key}</KeyCap>
            {tab.label}
            {tab.count !== null && <span class="tab-count">{tab.count}</span>}
          </button>
        ))}
      </div>
      <div
        class="tab-panel"
        role="tabpanel"
        id={`${id}-panel`}
        aria-labelledby={`${id}-${shown}`}
        tabIndex={0}
      >
        {children}
      </div>
    </div>
  );
}
