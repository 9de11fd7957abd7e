/** A table body whose rows stay in their places while somebody points at them. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Held, hold } from "./rows";

/** A pointer that has lain still for this long points at nothing: somebody went for coffee. */
const STILL_MS = 5_000;

interface Props<Row> {
  rows: readonly Row[];
  id(row: Row): string;
  draw(held: Held<Row>): ComponentChildren;
}

export function HeldRows<Row>({ rows, id, draw }: Props<Row>) {
  const [isPointedAt, point] = useState(false);
  const before = useRef<readonly Held<Row>[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  before.current = hold(before.current, rows, id, isPointedAt);

  function release(): void {
    clearTimeout(timer.current);
    point(false);
  }

  function moved(): void {
    clearTimeout(timer.current);
    timer.current = setTimeout(release, STILL_MS);
    point(true);
  }

  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <tbody onMouseMove={moved} onMouseLeave={release}>
      {before.current.map(draw)}
    </tbody>
  );
}
