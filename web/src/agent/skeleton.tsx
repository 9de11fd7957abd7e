/**
 * The card's three columns before the card: the same places, so that nothing
 * moves when it comes. Its bars appear only after 150 ms; most cards are faster.
 */

import { text } from "../i18n";

const WIDTHS = ["w60", "w90", "w40", "w75"] as const;

export function Skeleton() {
  return (
    <main class="card skeleton" aria-busy="true">
      <section class="panel who">
        <p class="skeleton-note" role="status" data-testid="lookup-note">
          {text.value.stranger.pending}
        </p>
        <Lines count={6} />
      </section>
      <section class="panel history">
        <Lines count={8} />
      </section>
      <section class="panel say">
        <Lines count={6} />
      </section>
    </main>
  );
}

function Lines({ count }: { count: number }) {
  return (
    <div class="skeleton-lines" aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        <span key={index} class={`skeleton-line ${WIDTHS[index % WIDTHS.length]}`} />
      ))}
    </div>
  );
}
