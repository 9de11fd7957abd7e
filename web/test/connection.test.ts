/** The connection against a socket and a clock that do as they are told. */

import { beforeEach, describe, expect, test } from "vitest";
import { connect, type Frame, type LinkStatus } from "../src/client";
import { backoffMs, LONGEST_MS } from "../src/client/backoff";
import { World } from "./world";

let world: World;
let frames: Frame[];
let statuses: LinkStatus[];

function start() {
  return connect<Frame>({
    url: "ws://example.test/",
    topic: "board",
    onFrame: (frame) => frames.push(frame),
    onStatus: (status) => statuses.push(status),
    ports: world.tab(),
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

  test("after sleep keeps a socket that beats, and gives up one that does not", () => {
    const connection = start();
    world.last.onopen?.();
    connection.doubt();
    world.pass(60_000);
    expect(world.sockets).toHaveLength(1);
    world.last.isStalled = true;
    connection.doubt();
    world.pass(4_000);
    expect(status()).toMatchObject({ kind: "lost" });
  });

  test("on another network opens a new socket and resumes", () => {
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

describe("a link that dies in silence", () => {
  test("is told within ten seconds, and the next attempt goes on from where it was", () => {
    start();
    world.last.onopen?.();
    world.last.hear(3, "snapshot");
    const dead = world.last;
    dead.isStalled = true;
    const since = world.time;
    while (status()?.kind === "live") world.pass(100);
    expect(world.time - since).toBeLessThan(10_000);
    expect(dead.isClosed).toBe(true);
    world.passToNextAttempt();
    world.last.onopen?.();
    expect(world.last.sent).toEqual([subscription("e1", 3)]);
  });

  test("is left alone while beats come, with or without frames", () => {
    start();
    world.last.onopen?.();
    world.pass(600_000);
    expect(world.sockets).toHaveLength(1);
    expect(status()).toEqual({ kind: "live" });
  });

  test("a beat of a later version asks for the page to be loaded again", () => {
    start();
    world.last.onopen?.();
    world.last.onmessage?.({ data: '{"type":"beat","v":2}' });
    expect(status()).toEqual({ kind: "outdated" });
  });
});

describe("timers that come late", () => {
  test("a tab that wakes does not reopen a good socket", () => {
    start();
    world.last.onopen?.();
    world.stand(300_000);
    world.pass(0);
    expect(world.sockets).toHaveLength(1);
    world.pass(60_000);
    expect(world.sockets).toHaveLength(1);
    expect(status()).toEqual({ kind: "live" });
  });

  test("a tab that wakes to a dead socket notices it", () => {
    start();
    world.last.onopen?.();
    world.last.isStalled = true;
    world.stand(300_000);
    world.pass(5_000);
    expect(status()).toMatchObject({ kind: "lost" });
  });

  test("timers that are always late still notice a dead link", () => {
    start();
    world.last.onopen?.();
    world.last.isStalled = true;
    for (let minute = 0; minute < 2; minute += 1) {
      world.stand(60_000);
      world.pass(0);
    }
    expect(status()).toMatchObject({ kind: "lost" });
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
