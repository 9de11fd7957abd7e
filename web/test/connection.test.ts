/** The connection against a socket and a clock that do as they are told. */

import { beforeEach, describe, expect, test } from "vitest";
import { connect, type Frame, type LinkStatus, type Ports, type Socket } from "../src/client";
import { backoffMs, LONGEST_MS } from "../src/client/backoff";

class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  isClosed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
  }

  hear(offset: number, type = "agent.state", epoch = "e1", changes: object = {}): void {
    this.onmessage?.({
      data: JSON.stringify({ v: 1, epoch, offset, topic: "board", type, at: "", ...changes }),
    });
  }
}

class World implements Ports {
  sockets: FakeSocket[] = [];
  time = 1_000_000;
  private timers: { due: number; task: () => void }[] = [];

  open(): Socket {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    return socket;
  }

  now(): number {
    return this.time;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { due: this.time + ms, task };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  }

  random(): number {
    return 1;
  }

  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter((each) => each.due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.time = next.due;
      this.timers = this.timers.filter((each) => each !== next);
      next.task();
    }
    this.time = end;
  }

  /** Until the next socket is opened; answers how long that took. */
  passToNextAttempt(): number {
    const [opened, before] = [this.sockets.length, this.time];
    while (this.sockets.length === opened) this.pass(100);
    return this.time - before;
  }

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("no socket was opened");
    return socket;
  }
}

let world: World;
let frames: Frame[];
let statuses: LinkStatus[];

function start() {
  return connect<Frame>({
    url: "ws://example.test/",
    topic: "board",
    onFrame: (frame) => frames.push(frame),
    onStatus: (status) => statuses.push(status),
    ports: world,
  });
}

beforeEach(() => {
  world = new World();
  frames = [];
  statuses = [];
});

const status = () => statuses.at(-1);
const subscription = (epoch: string | null, offset: number | null) => ({
  type: "subscribe",
  topic: "board",
  epoch,
  offset,
});

describe("subscribing", () => {
  test("asks for everything at first, and from the last frame after that", () => {
    start();
    world.last.onopen?.();
    expect(world.last.sent).toEqual([subscription(null, null)]);
    world.last.hear(7, "snapshot");
    world.last.hear(8);
    world.last.onclose?.({ code: 1006 });
    world.passToNextAttempt();
    world.last.onopen?.();
    expect(world.last.sent).toEqual([subscription("e1", 8)]);
  });

  test("hands on each frame once and in order", () => {
    start();
    world.last.onopen?.();
    world.last.hear(7, "snapshot");
    for (const offset of [8, 8, 7, 9]) world.last.hear(offset);
    expect(frames.map((frame) => frame.offset)).toEqual([7, 8, 9]);
    expect(world.last.sent).toEqual([subscription(null, null)]);
  });

  test("asks once to close a gap, and hands on what closes it", () => {
    start();
    world.last.onopen?.();
    world.last.hear(1, "snapshot");
    world.last.hear(3);
    world.last.hear(4);
    expect(world.last.sent.slice(1)).toEqual([subscription("e1", 1)]);
    for (const offset of [2, 3, 4]) world.last.hear(offset);
    expect(frames.map((frame) => frame.offset)).toEqual([1, 2, 3, 4]);
    world.pass(10_000);
    expect(world.last.sent).toHaveLength(2);
  });

  test("starts over when the gap is not closed", () => {
    start();
    world.last.onopen?.();
    world.last.hear(1, "snapshot");
    world.last.hear(3);
    world.pass(3_000);
    expect(world.last.sent.at(-1)).toEqual(subscription(null, null));
    world.last.hear(9, "snapshot");
    expect(frames.map((frame) => frame.offset)).toEqual([1, 9]);
  });

  test("takes the snapshot of a new epoch, whatever its offset", () => {
    start();
    world.last.onopen?.();
    world.last.hear(50, "snapshot");
    world.last.hear(2, "snapshot", "e2");
    world.last.hear(3, "agent.state", "e2");
    expect(frames.map((frame) => frame.offset)).toEqual([50, 2, 3]);
  });

  test("does not stumble over what is no frame", () => {
    start();
    world.last.onopen?.();
    for (const data of ["", "{", "null", "[]", '"x"', new ArrayBuffer(2)]) world.last.onmessage?.({ data });
    world.last.hear(1, "snapshot", "e1", { topic: "agent:other" });
    expect(frames).toEqual([]);
    world.last.hear(1, "snapshot");
    expect(frames).toHaveLength(1);
  });
});

describe("losing the link", () => {
  test("says since when it was lost, through all attempts", () => {
    start();
    world.last.onopen?.();
    expect(status()).toEqual({ kind: "live" });
    const since = world.time;
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      world.last.onclose?.({ code: 1006 });
      expect(status()).toEqual({ kind: "lost", sinceMs: since, attempts: attempt });
      world.passToNextAttempt();
    }
    world.last.onopen?.();
    expect(status()).toEqual({ kind: "live" });
  });

  test("waits longer each time, up to a limit, and short again after a good link", () => {
    start();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      world.last.onclose?.({ code: 1006 });
      waits.push(world.passToNextAttempt());
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, LONGEST_MS, LONGEST_MS]);
    world.last.onopen?.();
    world.last.hear(1, "snapshot");
    world.last.onclose?.({ code: 4012 });
    expect(world.passToNextAttempt()).toBe(500);
  });

  test("gives up an attempt that hangs, and hears nothing more of it", () => {
    start();
    const hung = world.last;
    world.pass(8_000);
    expect(hung.isClosed).toBe(true);
    expect(status()).toMatchObject({ kind: "lost", attempts: 1 });
    hung.onopen?.();
    hung.hear(1, "snapshot");
    expect(frames).toEqual([]);
    expect(status()).toMatchObject({ kind: "lost" });
  });

  test("tries at once when told to, but leaves a link that is up alone", () => {
    const connection = start();
    world.last.onopen?.();
    connection.retryNow();
    expect(world.sockets).toHaveLength(1);
    world.last.onclose?.({ code: 1006 });
    connection.retryNow();
    expect(world.sockets).toHaveLength(2);
    world.last.onopen?.();
    world.pass(60_000);
    expect(world.sockets).toHaveLength(2);
  });

  test("after sleep opens a new socket and resumes", () => {
    const connection = start();
    world.last.onopen?.();
    world.last.hear(4, "snapshot");
    const slept = world.last;
    connection.reopen();
    expect(slept.isClosed).toBe(true);
    world.last.onopen?.();
    expect(world.last.sent).toEqual([subscription("e1", 4)]);
  });
});

describe("the table of close codes", () => {
  test.each([
    [4000, false],
    [4001, true],
    [4003, false],
    [4004, true],
  ])("%i is the end of it", (code, signIn) => {
    start();
    world.last.onopen?.();
    world.last.onclose?.({ code });
    expect(status()).toEqual({ kind: "over", code, signIn });
    world.pass(60_000);
    expect(world.sockets).toHaveLength(1);
  });

  test.each([1000, 1001, 1006, 1011, 4008, 4012, 4999])("%i is tried again", (code) => {
    start();
    world.last.onopen?.();
    world.last.onclose?.({ code });
    expect(world.passToNextAttempt()).toBe(500);
  });
});

test("a later version of the wire asks for the page to be loaded again", () => {
  start();
  world.last.onopen?.();
  world.last.hear(1, "snapshot", "e1", { v: 2 });
  expect(status()).toEqual({ kind: "outdated" });
  expect(frames).toEqual([]);
  expect(world.last.isClosed).toBe(true);
});

test("acknowledges only while the link is up", () => {
  const connection = start();
  connection.ack(1);
  expect(world.last.sent).toEqual([]);
  world.last.onopen?.();
  connection.ack(2);
  expect(world.last.sent.at(-1)).toEqual({ type: "ack", topic: "board", offset: 2 });
});

test("once closed, it stays closed", () => {
  const connection = start();
  connection.close();
  world.pass(60_000);
  connection.retryNow();
  connection.reopen();
  expect(world.sockets).toHaveLength(1);
  expect(world.last.isClosed).toBe(true);
});

test("waits are spread: never less than half, never more than all", () => {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    expect(backoffMs(attempt, 0)).toBe(Math.round(backoffMs(attempt, 1) / 2));
    expect(backoffMs(attempt, 1)).toBeLessThanOrEqual(LONGEST_MS);
  }
});
