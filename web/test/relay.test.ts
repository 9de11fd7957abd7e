/** Several tabs of one browser over one socket: same frames, none twice, whoever of them goes away. */

import { beforeEach, describe, expect, test } from "vitest";
import type { Connection, Frame, LinkStatus } from "../src/client";
import { share } from "../src/client/relay";
import { type Tab, World } from "./world";

interface Page {
  tab: Tab;
  offsets: number[];
  statuses: LinkStatus[];
  link: Connection;
}

let world: World;

function open(tab = world.tab()): Page {
  const offsets: number[] = [];
  const statuses: LinkStatus[] = [];
  const link = share<Frame>({
    url: "ws://example.test/",
    topic: "board",
    onFrame: (frame) => offsets.push(frame.offset),
    onStatus: (status) => statuses.push(status),
    ports: tab,
  });
  return { tab, offsets, statuses, link };
}

const asked = (epoch: string | null, offset: number | null) => ({
  type: "subscribe",
  topic: "board",
  epoch,
  offset,
});
const status = (page: Page) => page.statuses.at(-1);

/** Two tabs at offset 4, the first leading. */
function pair(): [Page, Page] {
  const [first, second] = [open(), open()];
  world.last.onopen?.();
  world.last.hear(4, "snapshot");
  return [first, second];
}

beforeEach(() => {
  world = new World();
});

describe("while all is well", () => {
  test("the tabs have one socket and show the same", () => {
    const [first, second] = pair();
    for (const offset of [5, 6]) world.last.hear(offset);
    expect(world.sockets).toHaveLength(1);
    expect(first.offsets).toEqual([4, 5, 6]);
    expect(second.offsets).toEqual([4, 5, 6]);
    expect([status(first), status(second)]).toEqual([{ kind: "live" }, { kind: "live" }]);
    world.pass(600_000);
    expect(world.sockets).toHaveLength(1);
    expect([status(first), status(second)]).toEqual([{ kind: "live" }, { kind: "live" }]);
  });

  test("a tab that comes later gets a snapshot of its own", () => {
    const [first, second] = pair();
    world.last.hear(5);
    const third = open();
    expect(status(third)).toEqual({ kind: "live" });
    expect(world.last.sent.at(-1)).toEqual(asked(null, null));
    world.last.hear(5, "snapshot");
    world.last.hear(6);
    expect(third.offsets).toEqual([5, 6]);
    expect(first.offsets).toEqual([4, 5, 6]);
    expect(second.offsets).toEqual([4, 5, 6]);
  });

  test("a snapshot that is news is news for everybody", () => {
    const [first, second] = pair();
    open();
    world.last.hear(9, "snapshot");
    expect(first.offsets).toEqual([4, 9]);
    expect(second.offsets).toEqual([4, 9]);
  });

  test("what any tab painted is acknowledged once", () => {
    const [first, second] = pair();
    world.last.hear(5);
    second.link.ack(5);
    first.link.ack(5);
    second.link.ack(5);
    const acks = world.last.sent.filter((each) => each.type === "ack");
    expect(acks).toEqual([{ type: "ack", topic: "board", offset: 5 }]);
  });
});

describe("a message that was lost between the tabs", () => {
  test("is noticed at the next frame", () => {
    const [first, second] = pair();
    second.tab.isFrozen = true;
    world.last.hear(5);
    second.tab.isFrozen = false;
    world.last.hear(6);
    expect(world.last.sent.at(-1)).toEqual(asked(null, null));
    world.last.hear(6, "snapshot");
    world.last.hear(7);
    expect(second.offsets).toEqual([4, 6, 7]);
    expect(first.offsets).toEqual([4, 5, 6, 7]);
  });

  test("is noticed at the second beat where no frame follows", () => {
    const [first, second] = pair();
    second.tab.isFrozen = true;
    world.last.hear(5);
    second.tab.isFrozen = false;
    world.pass(6_000);
    world.last.hear(5, "snapshot");
    expect(second.offsets).toEqual([4, 5]);
    expect(first.offsets).toEqual([4, 5]);
  });
});

describe("when the leading tab goes", () => {
  test.each(["closed", "crashed", "frozen"])("%s: another goes on from the last frame", (how) => {
    const [first, second] = pair();
    world.last.hear(5);
    const old = world.last;
    if (how === "closed") first.link.close();
    else if (how === "crashed") first.tab.crash();
    else first.tab.freeze();
    if (how !== "crashed") expect(old.isClosed).toBe(true);
    expect(world.sockets).toHaveLength(2);
    world.last.onopen?.();
    expect(world.last.sent).toEqual([asked("e1", 5)]);
    world.last.hear(6);
    expect(second.offsets).toEqual([4, 5, 6]);
    expect(second.statuses.map((each) => each.kind)).not.toContain("lost");
  });

  test("stopped without a word: another takes over within ten seconds", () => {
    const [first, second] = pair();
    first.tab.isFrozen = true;
    world.last.isStalled = true;
    const since = world.time;
    world.passToNextAttempt();
    expect(world.time - since).toBeLessThan(10_000);
    world.last.onopen?.();
    world.last.hear(5);
    expect(second.offsets).toEqual([4, 5]);
    // The one that was stopped finds the lead gone, and follows.
    first.tab.isFrozen = false;
    world.pass(10_000);
    expect(world.sockets).toHaveLength(2);
    world.last.hear(5, "snapshot");
    world.last.hear(6);
    expect(first.offsets).toEqual([4, 5, 6]);
    expect(second.offsets).toEqual([4, 5, 6]);
  });

  test("a frozen tab that wakes follows, and gets what it missed", () => {
    const [first, second] = pair();
    first.tab.freeze();
    world.last.onopen?.();
    world.last.hear(5);
    first.tab.wake();
    world.pass(10_000);
    expect(world.last.sent.at(-1)).toEqual(asked(null, null));
    world.last.hear(5, "snapshot");
    world.last.hear(6);
    expect(first.offsets).toEqual([4, 5, 6]);
    expect(second.offsets).toEqual([4, 5, 6]);
    expect(world.sockets).toHaveLength(2);
  });

  test("the tabs that stay agree on one of them", () => {
    const [first] = pair();
    const others = [open(), open()];
    world.last.hear(4, "snapshot");
    first.tab.crash();
    world.last.onopen?.();
    world.last.hear(5);
    world.pass(60_000);
    expect(world.sockets).toHaveLength(2);
    for (const each of others) expect(each.offsets.at(-1)).toBe(5);
  });
});

describe("when the link goes", () => {
  test("all tabs say so, since the same moment, and one of them tries", () => {
    const [first, second] = pair();
    world.last.onclose?.({ code: 1006 });
    expect(status(first)).toMatchObject({ kind: "lost", attempts: 1 });
    expect(status(second)).toEqual(status(first));
    world.pass(120_000);
    expect(status(second)).toEqual(status(first));
    second.link.retryNow();
    const tried = world.last;
    expect(tried.isClosed).toBe(false);
    tried.onopen?.();
    expect([status(first), status(second)]).toEqual([{ kind: "live" }, { kind: "live" }]);
    expect(tried.sent).toEqual([asked("e1", 4)]);
  });

  test("a silent death is told within ten seconds even where the leader's timers sleep", () => {
    const [first, second] = pair();
    world.last.isStalled = true;
    first.tab.isFrozen = true;
    const since = world.time;
    while (status(second)?.kind === "live") world.pass(100);
    expect(world.time - since).toBeLessThan(10_000);
    expect(status(second)).toMatchObject({ kind: "lost" });
  });

  test("the end of the session is the end in all tabs, and nobody takes over", () => {
    const [first, second] = pair();
    world.last.onclose?.({ code: 4004 });
    for (const page of [first, second])
      expect(status(page)).toEqual({ kind: "over", code: 4004, signIn: true });
    world.pass(60_000);
    second.link.retryNow();
    second.link.ack(4);
    second.link.close();
    // The lock went round once: whoever got it asked, or was told before.
    expect(world.sockets.length).toBeLessThanOrEqual(2);
    expect(world.held).toBeNull();
  });
});
