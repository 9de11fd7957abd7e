"""Suggestions in a real PostgreSQL: outcomes move them, stocks and tastes change them (S1 S2 S3)."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from cti_bridge.calls.ids import AgentId
from cti_bridge.segments.store import read_rules, recompute
from cti_bridge.settings import Settings, SuggestSettings
from cti_bridge.suggest.acceptance import read_acceptance
from cti_bridge.suggest.catalogue import read_catalogue
from cti_bridge.suggest.evaluate import evaluate
from cti_bridge.suggest.model import current_model_id, load
from cti_bridge.suggest.outcomes import Outcome, OutcomeKind, Outcomes
from cti_bridge.suggest.recommend import Recommender
from cti_bridge.suggest.train import train
from tests.conftest import SEEDED_NOW, Database

SETTINGS = Settings()
NOW = SEEDED_NOW


class Desk:
    """One customer of a seeded house, and what is suggested."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.customer = 0
        self.calls = 0

    async def fresh(
        self, matches: dict[tuple[str, str], frozenset[int]] | None = None, **settings: float
    ) -> None:
        """As the bridge does after a change."""
        async with self.pool.acquire() as connection, connection.transaction():
            model_id = await current_model_id(connection)
            assert model_id is not None
            model = await load(connection, model_id, await read_catalogue(connection))
            zone = ZoneInfo("Asia/Tokyo")
            acceptance = await read_acceptance(connection)
            made = Recommender(model_id, model, SuggestSettings(**settings), zone, acceptance, matches or {})
            rules = await read_rules(connection, SETTINGS)
            await made.recommend(connection, await recompute(connection, [self.customer], rules, NOW), NOW)

    async def skus(self) -> list[str]:
        rows = await self.pool.fetch(
            "select p.sku from suggestion s join suggestion_model m using (model_id)"
            " join product p using (product_id)"
            " where m.is_current and s.customer_id = $1 order by s.position",
            self.customer,
        )
        return [row["sku"] for row in rows]

    async def reasons(self) -> dict[str, asyncpg.Record]:
        rows = await self.pool.fetch(
            "select p.sku, s.* from suggestion s join suggestion_model m using (model_id)"
            " join product p using (product_id) where m.is_current and s.customer_id = $1",
            self.customer,
        )
        return {row["sku"]: row for row in rows}

    async def answer(self, sku: str, kind: OutcomeKind, customer: int | None = None) -> None:
        self.calls += 1
        outcome = Outcome(customer or self.customer, sku, kind, None, f"call-{self.calls}", AgentId("a1001"))
        assert await Outcomes(self.pool).record(outcome) is not None


@pytest.fixture
async def desk(seeded_database: Database) -> Desk:
    desk = Desk(seeded_database.pool)
    desk.customer = await desk.pool.fetchval(
        'select customer_id from "order" group by 1 having count(*) between 6 and 12 order by 1 limit 1'
    )
    await desk.fresh()
    return desk


async def test_what_was_declined_is_gone_and_comes_back_when_it_has_rested(desk: Desk) -> None:
    first = (await desk.skus())[0]
    await desk.answer(first, "declined")
    await desk.fresh(learning=0)
    assert first not in await desk.skus()
    rest = timedelta(days=SETTINGS.suggest.declined_rest_days + 1)
    await desk.pool.execute("update suggestion_outcome set at = $1", NOW - rest)
    await desk.fresh(learning=0)
    assert first in await desk.skus()


async def test_what_others_accept_rises_and_what_they_decline_sinks(desk: Desk) -> None:
    before = await desk.skus()
    low, high = before[4], before[0]
    others = [row[0] for row in await desk.pool.fetch(
        "select customer_id from customer where customer_id <> $1 order by 1 limit 60", desk.customer
    )]  # fmt: skip
    for other in others:
        await desk.answer(low, "accepted", other)
        await desk.answer(high, "declined", other)
    await desk.fresh()
    after = await desk.skus()
    assert after.index(low) < before.index(low)
    assert high not in after or after.index(high) > before.index(high)


async def test_of_a_call_the_last_word_counts(desk: Desk) -> None:
    sku = (await desk.skus())[0]
    outcomes = Outcomes(desk.pool)
    for kind, amount in (("offered", None), ("accepted", 1500)):
        outcome = Outcome(desk.customer, sku, kind, amount, "c1", AgentId("a1001"))  # type: ignore[arg-type]
        assert await outcomes.record(outcome) is not None
    rows = await desk.pool.fetch("select outcome, amount_minor, reason_code from suggestion_outcome")
    assert [(row[0], row[1]) for row in rows] == [("accepted", 1500)]
    assert rows[0]["reason_code"] != ""
    for customer, wrong in ((desk.customer, "no such"), (10**9, sku)):
        assert await outcomes.record(Outcome(customer, wrong, "declined", None, "", AgentId("a"))) is None


async def test_what_runs_out_is_suggested_with_its_day(desk: Desk) -> None:
    product = await desk.pool.fetchval(
        "select product_id from product where is_active and is_in_stock and product_id not in"
        ' (select l.product_id from "order" o join order_line l using (order_id) where o.customer_id = $1)'
        " order by 1 limit 1",
        desk.customer,
    )
    await desk.pool.execute("update product set repeats = true where product_id = $1", product)
    for number, days in enumerate((88, 58, 28)):
        await desk.pool.execute(
            'with o as (insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)'
            " values ($1, $2, 'web', 'delivered', $3, 1) returning order_id)"
            " insert into order_line select order_id, 1, $4, 1, 1 from o",
            f"due-{number}",
            desk.customer,
            NOW - timedelta(days=days),
            product,
        )
    await desk.fresh()
    sku = await desk.pool.fetchval("select sku from product where product_id = $1", product)
    found = (await desk.reasons())[sku]
    assert found["reason_code"] == "replenishment"
    assert found["reason_due_on"] == (NOW + timedelta(days=2)).date()


async def test_a_counselling_answer_suggests(desk: Desk) -> None:
    bought = (
        'select l.product_id from "order" o join order_line l using (order_id) where o.customer_id = $1'
        " union select product_id from favourite where customer_id = $1"
    )
    product, sku = await desk.pool.fetchrow(
        f"select product_id, sku from product where product_id not in ({bought})"
        " and is_active and is_in_stock and name !~ '[0-9]' order by product_id limit 1",
        desk.customer,
    )
    await desk.pool.execute(
        "insert into counselling_answer (customer_id, question, answer) values ($1, 'skin', '[\"dry\"]')",
        desk.customer,
    )
    await desk.fresh({("skin", "dry"): frozenset({product})}, weight_counselling=5)
    found = (await desk.reasons())[sku]
    assert (found["reason_code"], found["reason_question"], found["reason_answer"]) == (
        "counselling",
        "skin",
        "dry",
    )


async def test_a_loaded_model_is_the_trained_one(desk: Desk) -> None:
    await train(desk.pool, SETTINGS, now=NOW)
    trained = await desk.skus()
    await desk.fresh()
    assert await desk.skus() == trained


async def test_a_product_born_after_the_training_is_no_fault(desk: Desk) -> None:
    await desk.pool.execute(
        "insert into product (sku, name, category, price_minor) values ('new', 'n', 'n', 1)"
    )
    await desk.fresh()
    assert await desk.skus()


async def test_evaluated_on_a_house_ours_is_the_best(seeded_database: Database) -> None:
    found = await evaluate(seeded_database.pool, SETTINGS.suggest)
    ways = found.ways
    assert found.customers > 2000
    assert ways["ours"].hit_rate > 1.4 * ways["item-to-item"].hit_rate > 2 * ways["most popular"].hit_rate
    assert ways["ours"].hit_rate_new > 3 * ways["most popular"].hit_rate_new
    assert ways["ours"].coverage > 0.8


async def test_with_nothing_to_evaluate_nothing_is_claimed(database: Database) -> None:
    assert (await evaluate(database.pool, SETTINGS.suggest)).customers == 0
