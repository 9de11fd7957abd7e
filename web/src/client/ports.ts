/** What the connection needs of the world, so that tests can stand in for it. */

/** The part of WebSocket that is used. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export interface Timers {
  /** Milliseconds of a clock that is never set. */
  ticks(): number;
  /** Runs `task` once after `ms`; the answer cancels it. */
  after(ms: number, task: () => void): () => void;
}

export interface Ports extends Timers {
  open(url: string): Socket;
  /** Milliseconds since 1970, for people. */
  now(): number;
  /** In [0, 1). */
  random(): number;
}

export const browserPorts: Ports = {
  // Handlers of a WebSocket take wider events than Socket's; the shapes read are the same.
  open: (url) => new WebSocket(url) as unknown as Socket,
  now: () => Date.now(),
  ticks: () => performance.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
