/** What the tabs of one browser need to work together, so that tests can stand in for it. */

import { browserPorts, type Ports } from "./ports";

/** The part of BroadcastChannel that is used: what one tab says all others hear, in order. */
export interface Channel {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

export interface LockRequest {
  /** Take it from whoever has it instead of waiting. */
  isSteal: boolean;
  onHeld(): void;
  /** Another tab took it. */
  onStolen(): void;
}

export interface TabPorts extends Ports {
  /** A name for this tab that no other has. */
  tabId(): string;
  channel(name: string): Channel;
  /** Asks for the lock of this name; the answer lets go of it, held or not. */
  lock(name: string, request: LockRequest): () => void;
  /** The browser is about to freeze this tab, and woke it; the answer stops telling. */
  onFreeze(freeze: () => void, wake: () => void): () => void;
}

/** False in old browsers, and for Web Locks on pages that came over plain http from another machine. */
export function canShare(): boolean {
  return typeof BroadcastChannel === "function" && typeof navigator === "object" && "locks" in navigator;
}

export const browserTabPorts: TabPorts = {
  ...browserPorts,
  // randomUUID needs https as Web Locks do, and is asked for only where those are.
  tabId: () => crypto.randomUUID(),
  channel: (name) => new BroadcastChannel(name) as Channel,
  lock: (name, { isSteal, onHeld, onStolen }) => {
    const waiting = new AbortController();
    let letGo = () => {};
    let isLetGo = false;
    const hold = () => {
      if (isLetGo) return Promise.resolve();
      return new Promise<void>((resolve) => {
        letGo = resolve;
        onHeld();
      });
    };
    // A lock that is stolen cannot be waited for, so nothing is there to abort.
    const options: LockOptions = isSteal ? { steal: true } : { signal: waiting.signal };
    navigator.locks.request(name, options, hold).catch(() => {
      if (!isLetGo) onStolen();
    });
    return () => {
      isLetGo = true;
      letGo();
      waiting.abort();
    };
  },
  onFreeze: (freeze, wake) => {
    document.addEventListener("freeze", freeze);
    document.addEventListener("resume", wake);
    return () => {
      document.removeEventListener("freeze", freeze);
      document.removeEventListener("resume", wake);
    };
  },
};
