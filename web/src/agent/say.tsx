/** What to say: what runs out, suggestions each with its reason, the karte, counselling, the favourites. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { fetchQuestions } from "../customers";
import { text } from "../i18n";
import { Icon } from "../ui/icon";
import { When } from "../ui/pieces";
import type { Card, CounsellingQuestion } from "../wire";
import { Counselling } from "./counselling";
import { DueProducts } from "./due";
import { Karte } from "./karte";
import { Suggestions } from "./suggestions";

interface Props {
  card: Card;
  callId: string;
  isCovered: boolean;
  /** What is said of the call: it stays in sight at the foot, whatever is scrolled above it. */
  children: ComponentChildren;
}

export function Say({ card, callId, isCovered, children }: Props) {
  const questions = useQuestions();
  const id = card.profile.customer_id;
  return (
    <section class="panel say" aria-label={text.value.say.title}>
      <div class="say-parts" tabIndex={0}>
        <DueProducts due={card.due} />
        <Suggestions
          key={`suggestions ${id}`}
          card={card}
          callId={callId}
          questions={questions}
          isCovered={isCovered}
        />
        <Karte key={`karte ${id}`} card={card} isCovered={isCovered} />
        {!isCovered && <Counselling key={`counselling ${id}`} card={card} questions={questions} />}
        <Favourites card={card} />
      </div>
      {children}
    </section>
  );
}

let asked: Promise<readonly CounsellingQuestion[]> | null = null;

/** The questions of the centre, asked for once; none while they cannot be had. */
function useQuestions(): readonly CounsellingQuestion[] {
  const [questions, keep] = useState<readonly CounsellingQuestion[]>([]);
  useEffect(() => {
    let isOver = false;
    asked ??= fetchQuestions().then((outcome) => {
      if (outcome.kind === "ok") return outcome.value.questions;
      asked = null;
      return [];
    });
    void asked.then((found) => {
      if (!isOver) keep(found);
    });
    return () => {
      isOver = true;
    };
  }, []);
  return questions;
}

function Favourites({ card }: { card: Card }) {
  const t = text.value.say;
  if (card.favourites.length === 0) return null;
  return (
    <div class="favourites">
      <h2>
        <Icon name="heart" />
        {t.favourites}
      </h2>
      <ul>
        {card.favourites.map((favourite) => (
          <li key={favourite.sku}>
            {favourite.name} <When at={favourite.added_at} class="quiet-text" />
          </li>
        ))}
      </ul>
    </div>
  );
}
