/** The law on what the bridge's own screens and board said, through the store and through the connection. */

import { expect, test } from "vitest";
import { connect } from "../src/client";
import { type Placed, type Position, positionOf } from "../src/client/position";
import {
  type AgentView,
  applyAgent,
  applyBoard,
  type BoardView,
  EMPTY_AGENT,
  EMPTY_BOARD,
} from "../src/store";
import type { AgentEnvelope, BoardEnvelope } from "../src/wire";
import { chance } from "./chance";
// Written by `python hatch_build.py test` (or `check`), from tests/push/law.py.
import written from "./streams.jsonl?raw";
import { World } from "./world";

/** What the bridge itself said on a topic, and snapshots in the order they were taken. */
interface Stream<F> {
  topic: string;
  frames: F[];
  /** `is_fresh`: all that had happened had been said. Any other snapshot may be ahead of what was said. */
  snapshots: { frame: F; is_fresh: boolean }[];
}

const streams: Stream<AgentEnvelope | BoardEnvelope>[] = written
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

/** Applies every frame to each snapshot, those from before it and twice over, and compares on the way. */
function holds<View extends { position: Position | null }, F extends Placed>(
  { frames, snapshots }: Stream<F>,
  empty: View,
  apply: (view: View, frame: F) => View,
  shown: (view: View) => unknown,
): number {
  let compared = 0;
  snapshots.forEach(({ frame: stale }, place) => {
    const later = snapshots.slice(place).filter((each) => each.is_fresh);
    let view = apply(empty, stale);
    const compare = () => {
      for (const { frame: fresh } of later) {
        if (view.position?.offset !== fresh.offset) continue;
        expect(shown(view)).toEqual(shown(apply(empty, fresh)));
        compared += 1;
      }
    };
    if (frames[0]?.offset !== stale.offset + 1) compare();
    for (const frame of frames) {
      const before = view;
      view = apply(view, frame);
      expect(apply(view, frame)).toBe(view);
      if (view !== before) compare();
    }
    expect(view.position).toEqual(positionOf(frames.at(-1) as F));
  });
  return compared;
}

/** What the server knows of; the last card and the missed ring are this page's own. */
function told({ position, desk, offers, notices }: AgentView) {
  return { position, desk, offers, notices };
}

function rows({ calls, queues, agents, sources, ...figures }: BoardView) {
  const inOrder = (each: ReadonlyMap<string, unknown>) => [...each].sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...figures, rows: [calls, queues, agents, sources].map(inOrder) };
}

test("what the bridge says keeps the law", () => {
  expect(streams.length).toBeGreaterThanOrEqual(200);
  for (const stream of streams) {
    const compared =
      stream.topic === "board"
        ? holds(stream as Stream<BoardEnvelope>, EMPTY_BOARD, applyBoard, rows)
        : holds(stream as Stream<AgentEnvelope>, EMPTY_AGENT, applyAgent, told);
    expect(compared).toBeGreaterThan(0);
  }
});

test("through the connection, with every frame twice and some lost, it is the same", () => {
  for (const [index, stream] of streams.entries()) {
    const luck = chance(index + 1);
    const world = new World();
    const heard: Placed[] = [];
    const { frames, snapshots, topic } = stream;
    connect<AgentEnvelope | BoardEnvelope>({
      url: "ws://example.test/",
      topic,
      onFrame: (each) => heard.push(each),
      onStatus: () => {},
      ports: world.tab(),
    });
    world.last.onopen?.();
    const say = (each: object) => world.last.onmessage?.({ data: JSON.stringify(each) });
    const resume = () => {
      const { offset } = world.last.sent.at(-1) as { offset: number };
      for (const missed of frames) if (missed.offset > offset) say(missed);
    };
    say(snapshots[0]?.frame as Placed);
    let asked = world.last.sent.length;
    for (const each of frames) {
      if (luck.next() < 0.2) continue;
      say(each);
      if (luck.next() < 0.3) say(each);
      if (world.last.sent.length > asked) resume();
      asked = world.last.sent.length;
    }
    say(frames.at(-1) as Placed);
    if (world.last.sent.length > asked) resume();
    expect(heard).toEqual([snapshots[0]?.frame, ...frames]);
  }
});
