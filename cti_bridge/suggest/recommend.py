"""Suggestions of some customers, computed from a model and written for the cards to show."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import numpy as np

from cti_bridge.segments.derive import Segment
from cti_bridge.settings import SuggestSettings
from cti_bridge.suggest.acceptance import Acceptance
from cti_bridge.suggest.candidates import Answered, Bought, ReasonCode, Taste, candidates, source_of
from cti_bridge.suggest.catalogue import Matches
from cti_bridge.suggest.model import Model
from cti_bridge.suggest.rank import WELCOME, Choice, rank, weights_of

_TIMEOUT_S = 120.0
_COLUMNS = (
    "model_id",
    "customer_id",
    "position",
    "product_id",
    "score",
    "reason_code",
    "reason_product_id",
    "reason_due_on",
    "reason_question",
    "reason_answer",
)

_MARKS = "select customer_id, product_id from favourite where customer_id = any($1)"
_SENT_BACK = """
select distinct o.customer_id, l.product_id from "order" o join order_line l using (order_id)
where o.customer_id = any($1) and o.status in ('cancelled', 'returned')
"""
_OUTCOMES = """
select distinct on (customer_id, product_id) customer_id, product_id, outcome, at from suggestion_outcome
where customer_id = any($1) and outcome in ('accepted', 'declined') order by customer_id, product_id, at desc
"""
_ANSWERS = "select customer_id, question, answer::text from counselling_answer where customer_id = any($1)"


@dataclass(frozen=True, slots=True)
class Recommender:
    """Everything suggestions are made of, besides the customer; they are written under ``model_id``."""

    model_id: int
    model: Model
    settings: SuggestSettings
    zone: ZoneInfo
    acceptance: Acceptance
    matches: Matches = field(default_factory=dict)

    async def recommend(
        self, connection: asyncpg.Connection, segments: Sequence[Segment], now: datetime
    ) -> int:
        """Replace the suggestions of these customers under this model; how many there are now.

        ``segments`` are as just computed. Within the caller's transaction.
        Raises: what is in ``storage.postgres.FAULTS``.
        """
        ids = [one.customer_id for one in segments]
        tastes = await self._tastes(connection, segments, now)
        rows: list[tuple[object, ...]] = []
        for taste in tastes:
            rows.extend(self._rows(taste, now))
            await asyncio.sleep(0)  # half a millisecond each: a ring that comes meanwhile waits no longer
        await connection.execute(
            "delete from suggestion where customer_id = any($1) and model_id = $2",
            ids,
            self.model_id,
            timeout=_TIMEOUT_S,
        )
        await connection.copy_records_to_table(
            "suggestion", columns=_COLUMNS, records=rows, timeout=_TIMEOUT_S
        )
        return len(rows)

    def choose(self, taste: Taste, now: datetime) -> list[Choice]:
        """The best products for one customer, in order."""
        today = now.astimezone(self.zone).date()
        catalogue = self.model.catalogue
        found = candidates(taste, self.model, today, bought_rest_days=self.settings.bought_rest_days)
        factors = self.acceptance.drawn(catalogue.ids, self.settings.learning, taste.customer_id, today)
        if taste.welcomed:
            welcome = {catalogue.categories[place] for place in taste.welcomed}
            factors = factors * np.array([WELCOME if one in welcome else 1.0 for one in catalogue.categories])
        return rank(found, weights_of(self.settings), factors, catalogue.variant)

    async def _tastes(
        self, connection: asyncpg.Connection, segments: Sequence[Segment], now: datetime
    ) -> list[Taste]:
        ids = [one.customer_id for one in segments]
        place_of = self.model.catalogue.place_of
        marks = await _pairs(connection, _MARKS, ids)
        sent_back = await _pairs(connection, _SENT_BACK, ids)
        declined: dict[int, set[int]] = {}
        welcomed: dict[int, set[int]] = {}
        rests = now - timedelta(days=self.settings.declined_rest_days)
        for row in await connection.fetch(_OUTCOMES, ids, timeout=_TIMEOUT_S):
            if row["outcome"] == "accepted":
                welcomed.setdefault(row["customer_id"], set()).add(row["product_id"])
            elif row["at"] > rests:
                declined.setdefault(row["customer_id"], set()).add(row["product_id"])
        answers = await self._answers(connection, ids)

        def places(products: set[int] | None) -> frozenset[int]:
            return frozenset(place_of[one] for one in products or () if one in place_of)

        return [
            Taste(
                one.customer_id,
                {
                    place_of[share.product_id]: Bought(
                        share.times, share.last_at.astimezone(self.zone).date(), share.due_on
                    )
                    for share in one.shares
                    if share.product_id in place_of
                },
                places(marks.get(one.customer_id)),
                # What was sent back once and kept another time was no mistake.
                (places(sent_back.get(one.customer_id)) - places({share.product_id for share in one.shares}))
                | places(declined.get(one.customer_id)),
                places(welcomed.get(one.customer_id)),
                answers.get(one.customer_id, {}),
            )
            for one in segments
        ]

    async def _answers(
        self, connection: asyncpg.Connection, ids: Sequence[int]
    ) -> dict[int, dict[int, Answered]]:
        """By customer and place: the answer that speaks for the product."""
        found: dict[int, dict[int, Answered]] = {}
        if not self.matches:
            return found
        place_of = self.model.catalogue.place_of
        rows = await connection.fetch(_ANSWERS, ids, timeout=_TIMEOUT_S)
        for customer_id, question, text in sorted(tuple(row) for row in rows):
            for (asked, answer), products in self.matches.items():
                if asked == question and f'"{answer}"' in text:
                    for product in products:
                        if product in place_of:
                            found.setdefault(customer_id, {})[place_of[product]] = Answered(question, answer)
        return found

    def _rows(self, taste: Taste, now: datetime) -> list[tuple[object, ...]]:
        ids = self.model.catalogue.ids
        rows: list[tuple[object, ...]] = []
        for position, choice in enumerate(self.choose(taste, now), 1):
            source = source_of(choice.place, choice.component, taste, self.model)
            answered = taste.answers.get(choice.place) if choice.component == "counselling" else None
            rows.append(
                (
                    self.model_id,
                    taste.customer_id,
                    position,
                    int(ids[choice.place]),
                    choice.score,
                    _code(choice, source, taste),
                    None if source is None else int(ids[source]),
                    choice.due_on,
                    answered.question if answered is not None else None,
                    answered.answer if answered is not None else None,
                )
            )
        return rows


def _code(choice: Choice, source: int | None, taste: Taste) -> ReasonCode:
    """The reason's name. What was bought is named as bought even if it is a favourite too."""
    match choice.component:
        case "like":
            return "bought_with" if source in taste.bought else "favourite_like"
        case "together":
            return "bought_together"
        case "after":
            return "bought_after"
        case other:
            return other


async def _pairs(connection: asyncpg.Connection, sql: str, ids: Sequence[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for customer_id, product_id in await connection.fetch(sql, ids, timeout=_TIMEOUT_S):
        found.setdefault(customer_id, set()).add(product_id)
    return found
