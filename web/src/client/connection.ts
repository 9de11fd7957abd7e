/**
 * One topic over one socket: subscribes from the last frame applied, hands on
 * frames in order and once, comes back by itself when the link is lost.
 *
 * Knows nothing of pages or frameworks.
 */

import { CLOSE_RULES, type ClientMessage, WIRE_VERSION } from "../wire";
import { backoffMs } from "./backoff";
import { browserPorts, type Ports, type Socket } from "./ports";
import { judge, type Placed, type Position, positionOf } from "./position";

export type LinkStatus =
  /** Never connected yet. */
  | { kind: "connecting" }
  | { kind: "live" }
  /** Trying again; `sinceMs` is when the link went, not when it was last tried. */
  | { kind: "lost"; sinceMs: number; attempts: number }
  /** Will not try again. `signIn`: the server no longer knows who sits there. */
  | { kind: "over"; code: number; signIn: boolean }
  /** The server speaks a later version: the page must be loaded again. */
  | { kind: "outdated" };

export interface Frame extends Placed {
  readonly v: number;
  readonly topic: string;
  readonly at: string;
}

export interface Options<F extends Frame> {
  url: string;
  topic: string;
  /** Each frame of the topic, in order, none twice. */
  onFrame(frame: F): void;
  onStatus(status: LinkStatus): void;
  ports?: Ports;
}

export interface Connection {
  /** Tells the server that the frame at this offset is on the screen. */
  ack(offset: number): void;
  /** Tries at once instead of waiting; does nothing while the link is up. */
  retryNow(): void;
  /** Drops the socket and opens another: after sleep, a socket may be dead without knowing. */
  reopen(): void;
  close(): void;
}

/** An attempt that has not opened after this long is given up. */
const OPEN_TIMEOUT_MS = 8_000;
/** A link that held this long, or brought a frame, was a good one: waiting starts from the shortest again. */
const STEADY_MS = 5_000;
/** How long the server has to close a gap before the page starts over. */
const GAP_TIMEOUT_MS = 3_000;

export function connect<F extends Frame>(options: Options<F>): Connection {
  const { url, topic, onFrame, onStatus } = options;
  const ports = options.ports ?? browserPorts;
  let socket: Socket | null = null;
  let isOpen = false;
  let position: Position | null = null;
  let attempts = 0;
  let lostSinceMs: number | null = null;
  let cancelAsking: (() => void) | null = null;
  let isOver = false;
  let cancelTimer = () => {};

  function send(message: ClientMessage): void {
    if (isOpen) socket?.send(JSON.stringify(message));
  }

  function subscribe(): void {
    send({ type: "subscribe", topic, epoch: position?.epoch ?? null, offset: position?.offset ?? null });
  }

  function wait(ms: number, task: () => void): void {
    cancelTimer();
    cancelTimer = ports.after(ms, task);
  }

  function open(): void {
    cancelTimer();
    const mine = ports.open(url);
    socket = mine;
    isOpen = false;
    mine.onopen = () => {
      if (mine !== socket) return;
      isOpen = true;
      lostSinceMs = null;
      wait(STEADY_MS, () => {
        attempts = 0;
      });
      onStatus({ kind: "live" });
      subscribe();
    };
    mine.onmessage = (event) => {
      if (mine === socket) receive(event.data);
    };
    mine.onclose = (event) => {
      if (mine === socket) closed(event.code);
    };
    wait(OPEN_TIMEOUT_MS, () => {
      drop();
      closed(1006);
    });
  }

  /** Lets go of the socket; what it still says is not heard. */
  function drop(): void {
    const old = socket;
    socket = null;
    isOpen = false;
    stopAsking();
    old?.close();
  }

  function receive(data: unknown): void {
    const frame = read<F>(data);
    if (frame === null || frame.topic !== topic) return;
    if (frame.v !== WIRE_VERSION) {
      finish({ kind: "outdated" });
      return;
    }
    attempts = 0;
    switch (judge(position, frame)) {
      case "apply":
        position = positionOf(frame);
        stopAsking();
        onFrame(frame);
        return;
      case "gap":
        askAgain();
        return;
      case "stale":
        return;
    }
  }

  /**
   * Frames are missing: asks to resume, once, however many later frames were already on their way.
   * When nothing fitting comes back, starts from a snapshot.
   */
  function askAgain(): void {
    if (cancelAsking !== null) return;
    cancelAsking = ports.after(GAP_TIMEOUT_MS, () => {
      cancelAsking = null;
      position = null;
      subscribe();
    });
    subscribe();
  }

  function stopAsking(): void {
    cancelAsking?.();
    cancelAsking = null;
  }

  function closed(code: number): void {
    socket = null;
    isOpen = false;
    stopAsking();
    const rule = code in CLOSE_RULES ? CLOSE_RULES[code as keyof typeof CLOSE_RULES] : null;
    if (rule !== null && !rule.reconnect) {
      finish({ kind: "over", code, signIn: rule.signIn });
      return;
    }
    lostSinceMs ??= ports.now();
    attempts += 1;
    onStatus({ kind: "lost", sinceMs: lostSinceMs, attempts });
    wait(backoffMs(attempts - 1, ports.random()), open);
  }

  function finish(status: LinkStatus | null): void {
    isOver = true;
    cancelTimer();
    drop();
    if (status !== null) onStatus(status);
  }

  onStatus({ kind: "connecting" });
  open();

  return {
    ack: (offset) => send({ type: "ack", topic, offset }),
    retryNow: () => {
      if (isOver || isOpen) return;
      drop();
      open();
    },
    reopen: () => {
      if (isOver) return;
      drop();
      open();
    },
    close: () => finish(null),
  };
}

function read<F extends Frame>(data: unknown): F | null {
  if (typeof data !== "string") return null;
  try {
    const value: unknown = JSON.parse(data);
    const isFrame = typeof value === "object" && value !== null && "topic" in value && "offset" in value;
    return isFrame ? (value as F) : null;
  } catch {
    return null;
  }
}
