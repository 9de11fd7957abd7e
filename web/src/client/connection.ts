/**
 * One topic over one socket: subscribes from the last frame applied, hands on
 * frames in order and once, comes back by itself when the link is lost.
 *
 * Knows nothing of pages or frameworks.
 */

import { type Beat, CLOSE_RULES, type ClientMessage, WIRE_VERSION } from "../wire";
import { backoffMs } from "./backoff";
import { browserPorts, type Ports, type Socket } from "./ports";
import { judge, type Placed, type Position, positionOf } from "./position";
import { type Silence, watchSilence } from "./silence";

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
  /** Where to go on from; nowhere: from a snapshot. */
  from?: Position | null;
  /** The server says that the link is up. */
  onBeat?(): void;
  /** A snapshot of where the connection stands already, asked for with `copy`. */
  onCopy?(frame: F): void;
  ports?: Ports;
}

export interface Connection {
  /** Tells the server that the frame at this offset is on the screen. */
  ack(offset: number): void;
  /** Tries at once instead of waiting; does nothing while the link is up. */
  retryNow(): void;
  /** Drops the socket and opens another: the network is another one. */
  reopen(): void;
  /** The socket may have died meanwhile: if no beat comes soon, opens another. */
  doubt(): void;
  close(): void;
}

/** A connection with a socket of its own. */
export interface Source extends Connection {
  /** Asks for a snapshot for somebody else: it comes to `onCopy`, or to `onFrame` where it is news. */
  copy(): void;
}

/** An attempt that has not opened after this long is given up. */
const OPEN_TIMEOUT_MS = 8_000;
/** A link that held this long, or brought a frame, was a good one: waiting starts from the shortest again. */
const STEADY_MS = 5_000;
/** How long the server has to close a gap before the page starts over. */
const GAP_TIMEOUT_MS = 3_000;

export function connect<F extends Frame>(options: Options<F>): Source {
  const { url, topic, onFrame, onStatus } = options;
  const ports = options.ports ?? browserPorts;
  let socket: Socket | null = null;
  let isOpen = false;
  let position: Position | null = options.from ?? null;
  let isCopyWanted = false;
  let silence: Silence | null = null;
  let attempts = 0;
  let lostSinceMs: number | null = null;
  let cancelAsking: (() => void) | null = null;
  let isOver = false;
  let cancelTimer = () => {};

  function send(message: ClientMessage): void {
    if (isOpen) socket?.send(JSON.stringify(message));
  }

  function subscribe(from: Position | null): void {
    send({ type: "subscribe", topic, epoch: from?.epoch ?? null, offset: from?.offset ?? null });
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
      silence = watchSilence(ports, () => {
        drop();
        closed(1006);
      });
      onStatus({ kind: "live" });
      subscribe(position);
      if (isCopyWanted && position !== null) subscribe(null);
    };
    mine.onmessage = (event) => {
      if (mine !== socket) return;
      silence?.heard();
      receive(event.data);
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
    letGo();
    old?.close();
  }

  function letGo(): void {
    socket = null;
    isOpen = false;
    silence?.stop();
    stopAsking();
  }

  function receive(data: unknown): void {
    const message = read<F>(data);
    if (message === null) return;
    if (message.v !== WIRE_VERSION) {
      finish({ kind: "outdated" });
      return;
    }
    if (message.type === "beat") options.onBeat?.();
    else if ("topic" in message && message.topic === topic) take(message);
  }

  function take(frame: F): void {
    attempts = 0;
    if (isCopyWanted && frame.type === "snapshot") {
      isCopyWanted = false;
      if (position?.epoch === frame.epoch && position.offset === frame.offset) {
        options.onCopy?.(frame);
        return;
      }
    }
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
      subscribe(null);
    });
    subscribe(position);
  }

  function stopAsking(): void {
    cancelAsking?.();
    cancelAsking = null;
  }

  function closed(code: number): void {
    letGo();
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
    doubt: () => {
      if (isOpen) silence?.doubt();
    },
    copy: () => {
      isCopyWanted = true;
      subscribe(null);
    },
    close: () => finish(null),
  };
}

function read<F extends Frame>(data: unknown): F | Beat | null {
  if (typeof data !== "string") return null;
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value !== "object" || value === null || !("type" in value)) return null;
    const isMessage = value.type === "beat" || ("topic" in value && "offset" in value);
    return isMessage ? (value as F | Beat) : null;
  } catch {
    return null;
  }
}
