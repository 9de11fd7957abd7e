"""Whose derived data is out of date: each change that they depend on names its customer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.conftest import Database
from tests.storage.test_notifications import PEOPLE, Ear

ORDER = 'insert into "order" (number, customer_id, channel, status, ordered_at, total_minor) values'


class StaleEar(Ear):
    """Says who stands in line because of a statement, and whether somebody was woken for it."""

    async def stale(self, statement: str) -> set[int]:
        await self.connection.execute("delete from customer_stale")
        told = await self.hear(statement)
        rows = await self.connection.fetch("select customer_id from customer_stale")
        assert ("customer_stale" in {channel for channel, _ in told}) is bool(rows)
        return {row["customer_id"] for row in rows}


@pytest.fixture
async def ear(database: Database) -> AsyncIterator[StaleEar]:
    connection = await asyncpg.connect(database.url)
    await connection.execute(PEOPLE)
    ear = StaleEar(connection)
    await ear.open()
    await connection.add_listener("customer_stale", ear.take)
    yield ear
    connection.terminate()


@pytest.mark.parametrize(
    "statement",
    [
        "update customer set is_excluded = true where code = 'A'",
        f"{ORDER} ('O2', 1, 'web', 'open', now(), 1)",
        "update \"order\" set status = 'cancelled'",
        'delete from "order"',
        "insert into order_line values (1, 2, 2, 1, 100)",
        "update order_line set quantity = 3",
        "delete from order_line",
        "insert into order_return (order_id, external_id, returned_at, amount_minor)"
        " values (1, 'S', now(), 1)",
        "update order_return set amount_minor = 2",
        "delete from order_return",
        "insert into contact (customer_id, channel, direction, occurred_at) values (1, 'fax', 'in', now())",
        "update contact set kind = 'thank_you'",
        "delete from contact",
        "insert into favourite values (1, 2)",
        "delete from favourite",
        "insert into counselling_answer (customer_id, question, answer) values (1, 'gifts', 'true')",
        "update counselling_answer set answer = '[]'",
        "delete from counselling_answer",
        "insert into suggestion_outcome (customer_id, product_id, outcome) values (1, 2, 'declined')",
        "update suggestion_outcome set outcome = 'accepted'",
        "delete from suggestion_outcome",
    ],
)
async def test_a_change_puts_its_customer_in_line(ear: StaleEar, statement: str) -> None:
    assert await ear.stale(statement) == {1}


@pytest.mark.parametrize(
    "statement",
    [
        "insert into caution (customer_id, severity, text) values (1, 'notice', 'y')",
        "insert into karte_note (customer_id, text) values (1, 'y')",
        "update payment set amount_minor = 2",
        "update customer_segment set stage = 'trial'",
        "update customer_number set label = 'home'",
        "insert into call_customer (call_id, customer_id, chosen_by) values ('c', 1, 'a1')",
        "update agent set name = 'x'",
        f"{ORDER} ('O2', null, 'web', 'open', now(), 1)",
        "update contact set kind = 'praise' where customer_id = 2",
        "begin; delete from contact; rollback",
    ],
)
async def test_what_nothing_is_derived_of_puts_nobody_in_line(ear: StaleEar, statement: str) -> None:
    assert await ear.stale(statement) == set()


async def test_an_order_that_goes_to_another_makes_both_stale(ear: StaleEar) -> None:
    assert await ear.stale('update "order" set customer_id = 2') == {1, 2}
    await ear.connection.execute(f"{ORDER} ('O2', 1, 'web', 'open', now(), 1)")
    assert await ear.stale("update order_line set order_id = 2") == {1, 2}


async def test_a_bulk_load_wakes_once(ear: StaleEar) -> None:
    await ear.connection.execute(
        "insert into customer (code, name) select 'X' || n, 'x' from generate_series(1, 500) n"
    )
    await ear.connection.execute("delete from customer_stale")
    told = await ear.hear(
        f"{ORDER.removesuffix(' values')} select code, customer_id, 'web', 'open', now(), 1 from customer"
    )
    assert [channel for channel, _ in told].count("customer_stale") == 1
    assert await ear.connection.fetchval("select count(*) from customer_stale") == 502


async def test_who_is_put_in_line_waits_for_nobody_who_works_it_off(
    ear: StaleEar, database: Database
) -> None:
    await ear.stale("update contact set kind = 'praise'")
    async with database.pool.acquire() as other, other.transaction():
        held = await other.fetch("select stale_id from customer_stale for update")
        async with asyncio.timeout(5):
            await ear.connection.execute("update contact set kind = 'order'")
        assert await ear.connection.fetchval("select count(*) from customer_stale") > len(held) > 0
    assert {row["customer_id"] for row in await ear.connection.fetch("select * from customer_stale")} == {1}
