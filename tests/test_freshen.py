"""Whoever is stale is derived anew, the newest first, in the transaction that takes them off the queue."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress

import asyncpg
import pytest

from cti_bridge.freshen import Freshener
from cti_bridge.telemetry import Telemetry
from tests.conftest import Database


class Derived:
    """Writes down whom it was given. ``spoilt``: for whom it fails; ``gate``: it waits while closed."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.spoilt: set[int] = set()
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self.changed = asyncio.Event()

    async def __call__(self, connection: asyncpg.Connection, customers: Sequence[int]) -> None:
        self.entered.set()
        await self.gate.wait()
        if self.spoilt & set(customers):
            raise ValueError("spoilt data")
        self.batches.append(list(customers))
        self.changed.set()

    async def next(self) -> list[int]:
        async with asyncio.timeout(10):
            await self.changed.wait()
        self.changed.clear()
        return self.batches[-1]


@pytest.fixture
def derived() -> Derived:
    return Derived()


@pytest.fixture
async def freshener(database: Database, derived: Derived) -> Freshener:
    await database.pool.execute(
        "insert into customer (code, name) select 'C' || n, 'x' from generate_series(1, 9) n"
    )
    await database.pool.execute("delete from customer_stale")
    return Freshener(database.pool, derived, Telemetry())


async def waiting(database: Database) -> list[int]:
    rows = await database.pool.fetch("select customer_id from customer_stale order by stale_id")
    return [row["customer_id"] for row in rows]


async def stale(database: Database, *customers: int) -> None:
    for customer in customers:
        await database.pool.execute("insert into customer_stale (customer_id) values ($1)", customer)


@pytest.mark.parametrize(
    ("statement", "customers"),
    [
        ("update customer set joined_on = current_date - 1 where code = 'C2'", [2]),
        (
            'insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)'
            " values ('O', 3, 'web', 'open', now(), 1), ('P', 4, 'web', 'open', now(), 1)",
            [3, 4],
        ),
        (
            "insert into contact (customer_id, channel, direction, occurred_at)"
            " values (5, 'call', 'in', now())",
            [5],
        ),
        ("insert into counselling_answer (customer_id, question, answer) values (6, 'q', '1')", [6]),
        ("update customer_number set label = 'home'", []),
    ],
)
async def test_a_change_puts_its_customers_in_line(
    database: Database, freshener: Freshener, statement: str, customers: list[int]
) -> None:
    await database.pool.execute(statement)
    assert sorted(set(await waiting(database))) == customers


async def test_the_newest_are_worked_off_first_and_each_once(
    database: Database, freshener: Freshener, derived: Derived
) -> None:
    await stale(database, 1, 2, 3, 2, 1)
    assert await freshener.work(limit=2) == 2
    assert await freshener.work() == 1
    assert await freshener.work() == 0
    assert derived.batches == [[1, 2], [3]]


async def test_a_customer_changed_while_derived_is_derived_again(
    database: Database, freshener: Freshener, derived: Derived
) -> None:
    await stale(database, 1)
    derived.gate.clear()
    working = asyncio.create_task(freshener.work())
    async with asyncio.timeout(5):
        await derived.entered.wait()
    await stale(database, 1)  # waits for nobody
    derived.gate.set()
    assert await working == 1
    assert await waiting(database) == [1]


async def test_two_bridges_share_the_work(database: Database, freshener: Freshener, derived: Derived) -> None:
    await stale(database, *range(1, 9))
    done = await asyncio.gather(*(freshener.work(limit=4) for _ in range(2)))
    assert done == [4, 4]
    assert sorted(itertools.chain.from_iterable(derived.batches)) == list(range(1, 9))


async def test_spoilt_data_of_one_costs_nobody_else(
    database: Database, freshener: Freshener, derived: Derived
) -> None:
    derived.spoilt = {2}
    await stale(database, 1, 2, 3)
    while await freshener.work(limit=3):
        pass
    assert sorted(itertools.chain.from_iterable(derived.batches)) == [1, 3]
    assert await waiting(database) == []


async def test_it_runs_when_woken_and_looks_by_itself(
    database: Database, freshener: Freshener, derived: Derived
) -> None:
    running = asyncio.create_task(freshener.run(look_every_s=0.05))
    try:
        await stale(database, 1)
        freshener.wake()
        assert await derived.next() == [1]
        await stale(database, 2)  # nobody wakes it
        assert await derived.next() == [2]
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_postgres_may_go_away(database: Database, freshener: Freshener, derived: Derived) -> None:
    running = asyncio.create_task(freshener.run(look_every_s=0.05))
    try:
        await database.pool.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        await stale(database, 1)
        assert await derived.next() == [1]
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
