/** A frame counts as painted two animation frames after it was applied, and never while hidden. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { painter } from "../src/client";

class FakePage extends EventTarget {
  hidden = false;
}

let frames: (() => void)[] = [];

function animate(): void {
  const due = frames;
  frames = [];
  for (const frame of due) frame();
}

beforeEach(() => {
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => frames.push(frame));
});
afterEach(() => vi.unstubAllGlobals());

function start() {
  const page = new FakePage();
  const reported: number[] = [];
  return { page, reported, paint: painter((offset) => reported.push(offset), page as unknown as Document) };
}

test("reports after two frames, everything applied until then", () => {
  const { reported, paint } = start();
  paint.applied(1);
  paint.applied(2);
  animate();
  expect(reported).toEqual([]);
  animate();
  expect(reported).toEqual([1, 2]);
  paint.applied(3);
  animate();
  animate();
  expect(reported).toEqual([1, 2, 3]);
});

test("a hidden page has painted nothing", () => {
  const { page, reported, paint } = start();
  page.hidden = true;
  paint.applied(1);
  page.hidden = false;
  paint.applied(2);
  page.hidden = true;
  page.dispatchEvent(new Event("visibilitychange"));
  animate();
  animate();
  expect(reported).toEqual([]);
});

test("a page hidden and shown again counts what came after", () => {
  const { page, reported, paint } = start();
  paint.applied(1);
  page.hidden = true;
  page.dispatchEvent(new Event("visibilitychange"));
  page.hidden = false;
  paint.applied(2);
  animate();
  animate();
  expect(reported).toEqual([2]);
});
