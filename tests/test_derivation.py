"""Segment and suggestions derived together: in the caller's transaction, by the model of now."""

from __future__ import annotations

from dataclasses import dataclass, field

import asyncpg
import pytest

from cti_bridge.clock import Clock
from cti_bridge.customers.questions import Option, Question
from cti_bridge.derivation import KEPT_S, Derivation
from cti_bridge.settings import Settings, SuggestSettings
from cti_bridge.suggest.train import train
from tests.conftest import SEEDED_NOW, Database

# Outcomes of others move nothing here: what is suggested depends on what a test changes alone.
SETTINGS = Settings(suggest=SuggestSettings(learning=0))
TEA = Question(
    id="tea",
    ja="お茶",
    en="Tea",
    type="choice",
    option=(Option(id="new", ja="新茶", en="New", skus=("NEW",)), Option(id="none", ja="なし", en="None")),
)
# Thirty who bought two of six products each, and one who never bought.
HOUSE = """
    insert into product (sku, name, category, price_minor)
        select 'S' || n, name, name, 100 * n
        from unnest(array['緑茶', '羊羹', '味噌', '海苔', '石鹸', '毛布']) with ordinality as t (name, n);
    insert into customer (code, name) select 'C' || n, '架空 ' || n from generate_series(1, 31) n;
    insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)
        select 'N' || n, 1 + n % 30, 'web', 'delivered', $now - n * interval '3 days', 500
        from generate_series(1, 60) n;
    insert into order_line
        select order_id, 1, 1 + (customer_id + order_id / 30) % 6, 1, 500 from "order";
"""
EXCLUDED, BUYER, STRANGER = 5, 1, 31


@dataclass
class Desk:
    pool: asyncpg.Pool
    now_s: float = SEEDED_NOW.timestamp()
    derive: Derivation = field(init=False)

    def __post_init__(self) -> None:
        self.derive = Derivation(SETTINGS, (TEA,), Clock(now_s=lambda: self.now_s))

    async def train(self) -> int:
        return (await train(self.pool, SETTINGS, now=SEEDED_NOW)).model_id

    async def fresh(self, *customers: int) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            await self.derive(connection, customers)

    async def suggested(self, customer_id: int = BUYER) -> list[str]:
        """What the card's model says now."""
        rows = await self.pool.fetch(
            "select p.sku from suggestion s join suggestion_model m using (model_id)"
            " join product p using (product_id) where m.is_current and s.customer_id = $1"
            " order by s.position",
            customer_id,
        )
        return [row["sku"] for row in rows]

    async def stages(self) -> dict[int, str]:
        return dict(map(tuple, await self.pool.fetch("select customer_id, stage from customer_segment")))


@pytest.fixture
async def desk(database: Database) -> Desk:
    await database.pool.execute(HOUSE.replace("$now", f"'{SEEDED_NOW.isoformat()}'::timestamptz"))
    return Desk(database.pool)


async def test_without_a_model_there_are_segments_alone(desk: Desk) -> None:
    await desk.fresh(BUYER, STRANGER)
    stages = await desk.stages()
    assert stages.keys() == {BUYER, STRANGER}
    assert stages[STRANGER] == "never_bought" != stages[BUYER]
    assert await desk.pool.fetchval("select count(*) from suggestion") == 0


async def test_segment_and_suggestions_are_of_one_transaction(desk: Desk) -> None:
    await desk.train()
    before = await desk.suggested()
    await desk.pool.execute("update product set is_active = false where sku = $1", before[0])
    async with desk.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await desk.derive(connection, [BUYER])
        assert await desk.stages() == {}, "nobody else sees a part of it"
        await transaction.rollback()
    assert (await desk.stages(), await desk.suggested()) == ({}, before)
    await desk.fresh(BUYER)
    assert (await desk.stages()).keys() == {BUYER}
    assert before[0] not in await desk.suggested()


async def test_those_named_are_derived_and_nobody_else(desk: Desk) -> None:
    await desk.train()
    others = "select s::text from suggestion s where customer_id <> $1 order by 1"
    before = await desk.pool.fetch(others, BUYER)
    await desk.pool.execute("update product set is_active = false where sku in ('S1', 'S2', 'S3')")
    await desk.fresh(BUYER)
    assert set(await desk.suggested()) <= {"S4", "S5", "S6"}
    assert await desk.pool.fetch(others, BUYER) == before
    assert (await desk.stages()).keys() == {BUYER}


async def test_a_new_model_serves_from_the_moment_it_is_current(desk: Desk) -> None:
    first = await desk.train()
    await desk.fresh(BUYER)
    second = await desk.train()
    assert second > first
    await desk.pool.execute("delete from suggestion")
    await desk.fresh(BUYER)
    written = await desk.pool.fetch("select distinct model_id from suggestion where customer_id = $1", BUYER)
    assert [row["model_id"] for row in written] == [second]


async def test_a_model_taken_away_is_used_no_more(desk: Desk) -> None:
    await desk.train()
    await desk.fresh(BUYER)
    await desk.pool.execute("delete from suggestion_model")
    await desk.fresh(BUYER, STRANGER)
    assert await desk.pool.fetchval("select count(*) from suggestion") == 0
    assert (await desk.stages()).keys() == {BUYER, STRANGER}


@pytest.mark.parametrize(
    ("later_s", "is_read"), [(0.0, False), (KEPT_S - 1, False), (KEPT_S, True), (-3600.0, True)]
)
async def test_the_catalogue_is_read_again_after_a_while_or_when_the_clock_was_set_back(
    desk: Desk, later_s: float, is_read: bool
) -> None:
    await desk.train()
    await desk.fresh(BUYER)
    gone = (await desk.suggested())[0]
    await desk.pool.execute("update product set is_active = false where sku = $1", gone)
    desk.now_s += later_s
    await desk.fresh(BUYER)
    assert (gone not in await desk.suggested()) is is_read


async def test_a_product_that_is_new_is_suggested_to_who_said_they_like_it(desk: Desk) -> None:
    await desk.train()
    await desk.fresh(BUYER)
    await desk.pool.execute(
        "insert into product (sku, name, category, price_minor) values ('NEW', '新茶', '新茶', 1)"
    )
    await desk.pool.execute(
        "insert into counselling_answer (customer_id, question, answer) values ($1, 'tea', '\"new\"')", BUYER
    )
    desk.now_s += KEPT_S
    await desk.fresh(BUYER, STRANGER)
    assert "NEW" in await desk.suggested()
    rows = await desk.pool.fetch(
        "select customer_id, reason_question, reason_answer from suggestion join product using (product_id)"
        " where sku = 'NEW' and reason_code = 'counselling'"
    )
    assert [tuple(row) for row in rows] == [(BUYER, "tea", "new")]


async def test_what_was_just_declined_is_not_suggested_again(desk: Desk) -> None:
    await desk.train()
    await desk.fresh(BUYER)
    first = (await desk.suggested())[0]
    await desk.pool.execute(
        "insert into suggestion_outcome (customer_id, product_id, outcome, at)"
        " select $1, product_id, 'declined', $3 from product where sku = $2",
        BUYER,
        first,
        SEEDED_NOW,
    )
    await desk.fresh(BUYER)
    assert first not in await desk.suggested()


async def test_who_is_excluded_is_told_apart_at_once(desk: Desk) -> None:
    await desk.train()
    await desk.fresh(EXCLUDED)
    await desk.pool.execute("update customer set is_excluded = true where customer_id = $1", EXCLUDED)
    await desk.fresh(EXCLUDED)
    assert await desk.stages() == {EXCLUDED: "excluded"}


async def test_who_is_gone_meanwhile_costs_nobody_else(desk: Desk) -> None:
    await desk.train()
    await desk.pool.execute("delete from customer where customer_id = $1", STRANGER)
    await desk.fresh(BUYER, STRANGER, 10**9)
    assert (await desk.stages()).keys() == {BUYER}
    assert await desk.suggested()
