"""Segments in a real PostgreSQL: one customer at a time, everybody, and both the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from cti_bridge.errors import Refused
from cti_bridge.segments import rebuild as rebuilding
from cti_bridge.segments.rebuild import rebuild
from cti_bridge.segments.store import read_rules, recompute
from cti_bridge.settings import SegmentSettings, Settings
from tests.conftest import SEEDED_NOW, Database

NOW = datetime(2026, 4, 8, 3, 0, tzinfo=UTC)
SETTINGS = Settings()


class House:
    """Two customers and two products; orders are written by how many days ago they were."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.orders = 0

    async def order(
        self,
        days_ago: float,
        *,
        customer: int = 1,
        product: int = 1,
        quantity: int = 1,
        status: str = "delivered",
    ) -> int:
        self.orders += 1
        order_id = await self.pool.fetchval(
            'insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)'
            " values ($1, $2, 'web', $3, $4, $5) returning order_id",
            f"O{self.orders}",
            customer,
            status,
            NOW - timedelta(days=days_ago),
            quantity * 1000,
        )
        await self.pool.execute(
            "insert into order_line values ($1, 1, $2, $3, 1000)", order_id, product, quantity
        )
        return int(order_id)

    async def recompute(self) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            await recompute(connection, [1, 2, 99], await read_rules(connection, SETTINGS), NOW)

    async def segment(self, customer: int = 1) -> dict[str, Any]:
        return dict(
            await self.pool.fetchrow("select * from customer_segment where customer_id = $1", customer)
        )

    async def shares(self, customer: int = 1) -> list[dict[str, Any]]:
        rows = await self.pool.fetch(
            "select * from customer_product where customer_id = $1 order by product_id", customer
        )
        return [dict(row) for row in rows]


@pytest.fixture
async def house(database: Database) -> House:
    await database.pool.execute("insert into customer (code, name) values ('A', 'x'), ('B', 'y')")
    await database.pool.execute(
        "insert into product (sku, name, category, price_minor)"
        " values ('S1', '茶', '茶', 1), ('S2', '菓子', '菓子', 1)"
    )
    return House(database.pool)


async def test_what_was_kept_counts(house: House) -> None:
    for days_ago in (100, 70, 40, 10):
        await house.order(days_ago, quantity=2)
    await house.order(5, status="cancelled")
    await house.order(4, status="returned", product=2)
    await house.recompute()
    segment = await house.segment()
    assert (segment["orders_total"], segment["amount_total_minor"], segment["stage"]) == (4, 8000, "repeater")
    assert (segment["first_order_at"], segment["last_order_at"]) == (
        NOW - timedelta(days=100),
        NOW - timedelta(days=10),
    )
    [share] = await house.shares()
    assert (share["times"], share["quantity"], share["amount_minor"], share["cycle_days"]) == (4, 8, 8000, 30)
    assert share["due_on"] == (NOW + timedelta(days=20)).date()
    other = await house.segment(2)
    assert (other["stage"], other["recency"], await house.shares(2)) == ("never_bought", None, [])


async def test_nobody_is_scored_before_all_have_been_compared_once(house: House) -> None:
    await house.order(10)
    await house.recompute()
    assert (await house.segment())["recency"] is None
    await rebuild(house.pool, SETTINGS, now=NOW)
    assert (await house.segment())["recency"] == 1
    await house.order(5, customer=2)
    await house.recompute()
    assert [(await house.segment(customer))["frequency"] for customer in (1, 2)] == [1, 1]


async def test_what_was_sent_back_counts_less(house: House) -> None:
    whole, part = await house.order(20, quantity=3), await house.order(10, quantity=3)
    await house.pool.execute(
        "insert into order_return (order_id, external_id, returned_at, line, quantity, amount_minor)"
        " values ($1, 'r1', now(), null, null, 3000), ($2, 'r2', now(), 1, 2, 2000)",
        whole,
        part,
    )
    await house.recompute()
    segment = await house.segment()
    assert (segment["orders_total"], segment["amount_total_minor"]) == (1, 1000)
    [share] = await house.shares()
    assert (share["times"], share["quantity"], share["amount_minor"]) == (1, 1, 1000)


async def test_contacts_count_by_who_came(house: House) -> None:
    await house.pool.execute(
        "insert into contact (customer_id, channel, direction, kind, occurred_at)"
        " select 1, c, d, k, $1::timestamptz - n * interval '1 day' from (values"
        " ('call', 'in', 'inquiry', 1), ('call', 'in', 'order', 5), ('email', 'in', 'other', 3),"
        " ('call', 'out', 'thank_you', 2), ('call', 'out', 'thank_you', 4)) v (c, d, k, n)",
        NOW,
    )
    await house.recompute()
    segment = await house.segment()
    assert (segment["contacts_total"], segment["thank_yous"], segment["preferred_channel"]) == (5, 2, "call")
    assert segment["last_call_at"] == NOW - timedelta(days=1)


async def test_a_day_is_the_centres(house: House) -> None:
    # 23:30 and 00:30 in Japan are two days, 14:30 and 15:30 in UTC one.
    await house.order(0.5 + 0.5 / 24)
    await house.order(0.5 - 0.5 / 24)
    await house.recompute()
    [share] = await house.shares()
    assert share["times"] == 2


async def test_computed_again_it_is_the_same(house: House) -> None:
    await house.order(3)
    await house.recompute()
    before, shares = await house.segment(), await house.shares()
    await house.recompute()
    after = await house.segment()
    assert {**after, "computed_at": None} == {**before, "computed_at": None}
    assert await house.shares() == shares


async def test_everybody_is_as_one_by_one(seeded_database: Database) -> None:
    pool = seeded_database.pool
    done: list[tuple[int, int]] = []
    result = await rebuild(pool, SETTINGS, SEEDED_NOW, progress=lambda *step: done.append(step))
    assert (result.customers, sum(result.stages.values()), done[-1]) == (5000, 5000, (5000, 5000))
    assert await pool.fetchval("select count(*) from customer_stale") == 0
    columns = "customer_id, stage, recency, frequency, monetary, orders_total, amount_total_minor"
    whole = await pool.fetch(f"select {columns} from customer_segment where customer_id % 50 = 1 order by 1")
    shares = await pool.fetch("select * from customer_product where customer_id % 50 = 1 order by 1, 2")
    async with pool.acquire() as connection, connection.transaction():
        rules = await read_rules(connection, SETTINGS)
        await recompute(connection, [row["customer_id"] for row in whole], rules, SEEDED_NOW)
    assert (
        await pool.fetch(f"select {columns} from customer_segment where customer_id % 50 = 1 order by 1")
        == whole
    )
    assert (
        await pool.fetch("select * from customer_product where customer_id % 50 = 1 order by 1, 2") == shares
    )
    # Fifths of those who bought, as near as equal days allow.
    counts = await pool.fetch(
        "select count(*) from customer_segment where recency is not null group by recency"
    )
    assert len(counts) == 5
    assert min(row[0] for row in counts) > 700


async def test_fixed_thresholds(seeded_database: Database) -> None:
    settings = Settings(segments=SegmentSettings(rfm="thresholds"))
    await rebuild(seeded_database.pool, settings, SEEDED_NOW)
    wrong = await seeded_database.pool.fetchval(
        "select count(*) from customer_segment where frequency <> case"
        " when orders_total >= 10 then 5 when orders_total >= 5 then 4"
        " when orders_total >= 3 then 3 when orders_total >= 2 then 2 else 1 end"
    )
    assert wrong == 0


async def test_an_interrupted_rebuild_does_no_harm(
    seeded_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "BATCH_CUSTOMERS", 100)

    def interrupt(done: int, total: int) -> None:
        if done >= 300:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rebuild(seeded_database.pool, SETTINGS, SEEDED_NOW, progress=interrupt)
    assert await seeded_database.pool.fetchval("select count(*) from customer_segment") == 300
    assert await seeded_database.pool.fetchval("select count(*) from customer_stale") > 0
    monkeypatch.setattr(rebuilding, "BATCH_CUSTOMERS", 1000)
    assert (await rebuild(seeded_database.pool, SETTINGS, SEEDED_NOW)).customers == 5000


async def test_two_at_once_are_refused(seeded_database: Database) -> None:
    async with seeded_database.pool.acquire() as other:
        await other.execute("select pg_advisory_lock($1)", rebuilding._REBUILD_LOCK)
        with pytest.raises(Refused, match="already"):
            await rebuild(seeded_database.pool, SETTINGS, SEEDED_NOW)
        await other.execute("select pg_advisory_unlock($1)", rebuilding._REBUILD_LOCK)
