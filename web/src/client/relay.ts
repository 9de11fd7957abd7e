/**
 * One socket for all tabs of a browser that follow the same topic.
 *
 * The leading tab has the connection and passes every frame, beat and status
 * on; the others show the same at the same time. Whoever takes the lead goes
 * on from the last frame it was passed, so that nothing is lost between.
 */

import { BEAT_INTERVAL_S, WIRE_VERSION } from "../wire";
import {
  type Connection,
  connect,
  type Frame,
  type LinkStatus,
  type Options,
  type Source,
} from "./connection";
import { elect } from "./leader";
import { judge, type Position, positionOf } from "./position";
import { RELAY_VERSION, type Said } from "./said";
import { SILENT_MS, type Silence, watchSilence } from "./silence";
import { browserTabPorts, type TabPorts } from "./tab-ports";

/** A leader answers within this. Messages, unlike timers, are never held back in a hidden tab. */
const ANSWER_MS = 4_000;
/** The leader itself notices silence before this, unless its timers come late. */
const FOLLOW_MS = SILENT_MS + 500;
/** A new socket is open within this, if the server can be reached; nobody need be told of it then. */
const SMOOTH_MS = 1_000;
/** Offsets kept to acknowledge each once. */
const ACKED = 256;

export type ShareOptions<F extends Frame> = Omit<Options<F>, "ports" | "onCopy" | "onBeat"> & {
  ports?: TabPorts;
};

export function share<F extends Frame>(options: ShareOptions<F>): Connection {
  const ports = options.ports ?? browserTabPorts;
  const name = `cti-bridge/${WIRE_VERSION}.${RELAY_VERSION}/${options.url}/${options.topic}`;
  const tab = ports.tabId();
  const channel = ports.channel(name);
  let position = options.from ?? null;
  let status: LinkStatus = { kind: "connecting" };
  /** Set while this tab leads. */
  let source: Source | null = null;
  let leader: string | null = null;
  let isAsking = false;
  let isBehind = false;
  let isOver = false;
  let silence: Silence | null = null;
  let cancelTimer = () => {};
  const wanting = new Set<string>();
  const acked = new Set<number>();

  const say = (said: Said<F>) => channel.postMessage(said);

  function tell(next: LinkStatus): void {
    status = next;
    options.onStatus(next);
    if (next.kind === "over" || next.kind === "outdated") end();
  }

  function apply(frame: F): void {
    if (position?.epoch !== frame.epoch) acked.clear();
    position = positionOf(frame);
    isAsking = false;
    options.onFrame(frame);
  }

  // -- leading ------------------------------------------------------------------------------

  function lead(): void {
    silence?.stop();
    leader = null;
    wanting.clear();
    source = connect<F>({
      url: options.url,
      topic: options.topic,
      ports,
      from: position,
      onFrame: (frame) => {
        say({ kind: "frame", leader: tab, frame, to: null });
        apply(frame);
      },
      onCopy: (frame) => {
        say({ kind: "frame", leader: tab, frame, to: [...wanting] });
        wanting.clear();
      },
      onBeat: () => say({ kind: "beat", leader: tab, position }),
      onStatus: (next) => {
        // A tab that took over tells the way the link was before, until it knows better.
        if (next.kind === "connecting" && status.kind !== "connecting") return;
        if (next.kind === "live") cancelTimer();
        say({ kind: "status", leader: tab, status: next });
        tell(next);
      },
    });
    if (!isOver) pulse();
  }

  /** While no beats come to be passed on, the others must still know that somebody leads. */
  function pulse(): void {
    if (source === null) return;
    if (status.kind !== "live") say({ kind: "status", leader: tab, status });
    cancelPulse = ports.after(BEAT_INTERVAL_S * 1000, pulse);
  }
  let cancelPulse = () => {};

  function stopLeading(): void {
    cancelPulse();
    cancelTimer();
    source?.close();
    source = null;
  }

  function acknowledge({ epoch, offset }: Position): void {
    if (epoch !== position?.epoch || acked.has(offset)) return;
    if (acked.size >= ACKED) acked.clear();
    acked.add(offset);
    source?.ack(offset);
  }

  // -- following ----------------------------------------------------------------------------

  function follow(): void {
    stopLeading();
    if (isOver) return;
    leader = null;
    isAsking = false;
    silence?.stop();
    silence = watchSilence(ports, takeOver, ANSWER_MS);
    join();
  }

  function join(): void {
    isAsking = true;
    say({ kind: "join", tab, position });
  }

  function takeOver(): void {
    cancelTimer = ports.after(SMOOTH_MS, () => {
      if (status.kind === "live") tellLost();
    });
    election.takeOver();
  }

  function tellLost(): void {
    const lost: LinkStatus = { kind: "lost", sinceMs: ports.now(), attempts: 1 };
    if (source !== null) say({ kind: "status", leader: tab, status: lost });
    tell(lost);
  }

  /** A leader that was not known yet may not know where this tab stands. */
  function know(heard: string): void {
    if (leader === heard) {
      silence?.heard();
      return;
    }
    leader = heard;
    silence?.stop();
    silence = watchSilence(ports, takeOver, FOLLOW_MS);
    join();
  }

  function hear(said: Said<F>): void {
    switch (said.kind) {
      case "join":
        if (source !== null) welcome(source, said.tab, said.position);
        return;
      case "ack":
        if (source !== null) acknowledge(said.position);
        return;
      case "retry":
        source?.retryNow();
        return;
      default:
        if (source === null) obey(said);
    }
  }

  function welcome(from: Source, joined: string, at: Position | null): void {
    say({ kind: "status", leader: tab, status });
    if (isSame(at, position)) {
      say({ kind: "beat", leader: tab, position });
    } else if (position !== null) {
      wanting.add(joined);
      from.copy();
    }
  }

  function obey(said: Extract<Said<F>, { leader: string }>): void {
    know(said.leader);
    if (said.kind === "status") {
      if (!isSame(said.status, status)) tell(said.status);
    } else if (said.kind === "beat") {
      compare(said.position);
    } else if (said.to === null || said.to.includes(tab)) {
      const verdict = judge(position, said.frame);
      if (verdict === "apply") apply(said.frame);
      else if (verdict === "gap" && !isAsking) join();
    }
  }

  /** Behind at two beats in a row: what was asked for did not come. */
  function compare(theirs: Position | null): void {
    const isBehindNow = !isSame(theirs, position);
    if (!isBehindNow) isAsking = false;
    else if (isBehind) join();
    isBehind = isBehindNow;
  }

  function end(): void {
    if (isOver) return;
    isOver = true;
    silence?.stop();
    stopLeading();
    election.leave();
    channel.close();
  }

  channel.onmessage = (event) => {
    if (!isOver) hear(event.data as Said<F>);
  };
  options.onStatus(status);
  follow();
  const election = elect(ports, name, lead, follow);

  return {
    ack: (offset) => {
      if (isOver || position === null) return;
      const at = { epoch: position.epoch, offset };
      if (source !== null) acknowledge(at);
      else say({ kind: "ack", position: at });
    },
    retryNow: () => {
      if (source !== null) source.retryNow();
      else if (!isOver) say({ kind: "retry" });
    },
    reopen: () => source?.reopen(),
    doubt: () => (source ?? silence)?.doubt(),
    close: end,
  };
}

function isSame<Said extends LinkStatus | Position | null>(one: Said, other: Said): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
