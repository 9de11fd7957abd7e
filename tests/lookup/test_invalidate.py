"""Following changes in a real PostgreSQL, through cuts of the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest
from redis.asyncio import Redis

from cti_bridge.lookup.cache import CardCache
from cti_bridge.lookup.invalidate import follow_changes
from cti_bridge.lookup.missed import Missed
from cti_bridge.lookup.outcome import Found, Unknown
from cti_bridge.lookup.query import PostgresCards
from cti_bridge.lookup.resolve import Resolver
from cti_bridge.storage.redis_line import RedisLine
from tests.conftest import Database
from tests.lookup.stores import NUMBER, OTHER, caller

LISTENER = (
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cti-bridge changes'"
)


class Follower:
    """Writes down what it is told, in order."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[object] = asyncio.Queue()
        self.dropped: list[object] = []

    async def invalidate(self, e164s: Collection[str]) -> None:
        self.dropped.append(frozenset(e164s))

    async def invalidate_all(self) -> None:
        self.dropped.append("all")

    def cards_changed(self, e164s: frozenset[str] | None) -> None:
        # Whoever asks again because of this must not get the old card.
        assert self.dropped[-1] == (e164s if e164s is not None else "all")
        self.heard.put_nowait(e164s if e164s is not None else "all")

    async def roster_changed(self) -> None:
        self.heard.put_nowait("roster")

    async def began(self) -> None:
        assert [await self.next() for _ in range(3)] == ["all", "stale", "roster"]

    async def next(self) -> object:
        async with asyncio.timeout(10):
            return await self.heard.get()


@asynccontextmanager
async def following(url: str, follower: Follower, **settings: float) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(
        follow_changes(
            url,
            follower,
            on_cards_changed=follower.cards_changed,
            on_roster_changed=follower.roster_changed,
            on_stale=lambda: follower.heard.put_nowait("stale"),
            **{"first_delay_s": 0.01} | settings,
        )
    )
    try:
        yield task
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def add_customer(database: Database, *e164s: str) -> None:
    async with database.pool.acquire() as connection, connection.transaction():
        made = await connection.fetchval(
            "insert into customer (code, name) values (gen_random_uuid(), 'x') returning customer_id"
        )
        for e164 in e164s:
            await connection.execute("insert into customer_number values ($1, $2)", made, e164)


async def test_everything_counts_as_changed_when_it_begins(database: Database) -> None:
    follower = Follower()
    async with following(database.url, follower):
        await follower.began()


async def test_changes_made_together_are_told_together(database: Database) -> None:
    follower = Follower()
    async with following(database.url, follower):
        await follower.began()
        await add_customer(database, NUMBER, OTHER)
        assert await follower.next() == {NUMBER, OTHER}
        assert await follower.next() == "stale"
        await database.pool.execute(
            "insert into agent (agent_id, login, name, role) values ('a', 'a', 'a', 'agent')"
        )
        assert await follower.next() == "roster"


async def test_what_nobody_can_read_is_everything(database: Database) -> None:
    follower = Follower()
    async with following(database.url, follower):
        await follower.began()
        await database.pool.execute("notify card_changed, 'by hand'")
        assert await follower.next() == "all"


async def test_after_a_cut_only_what_changed_meanwhile_is_dropped(database: Database) -> None:
    follower = Follower()
    async with following(database.url, follower, first_delay_s=0.5):
        await follower.began()
        for e164s in ([], [NUMBER], [OTHER]):
            assert await database.pool.fetchval(LISTENER)
            await add_customer(
                database, *e164s
            )  # nobody listens: the next connection is at least 0.25 s away
            told = [await follower.next() for _ in range(3 if e164s else 2)]
            assert told[-2:] == ["stale", "roster"]
            # What was told before the cut may be told again; it is never left out.
            assert not e164s or (isinstance(told[0], frozenset) and told[0] >= set(e164s))
        assert "all" not in follower.dropped[1:]


async def test_a_cut_before_what_was_missed_is_dropped_loses_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = Follower()
    cuts = 2
    read = Missed.read

    async def cut_off(self: Missed, connection: asyncpg.Connection) -> Collection[str] | None:
        nonlocal cuts
        found = await read(self, connection)
        if found is not None and cuts:
            cuts -= 1
            await connection.execute("select pg_terminate_backend(pg_backend_pid())")
        return found

    async with following(database.url, follower):
        await follower.began()
        monkeypatch.setattr(Missed, "read", cut_off)
        assert await database.pool.fetchval(LISTENER)
        await add_customer(database, NUMBER)
        told = await follower.next()
        while told in ("stale", "roster"):
            told = await follower.next()
        assert isinstance(told, frozenset)
        assert NUMBER in told
    assert cuts == 0


async def test_a_change_of_everything_while_nobody_listened(database: Database) -> None:
    follower = Follower()
    async with following(database.url, follower, first_delay_s=0.5):
        await follower.began()
        assert await database.pool.fetchval(LISTENER)
        await database.pool.execute(
            "insert into product (sku, name, category, price_minor) values ('p','p','p',1)"
        )
        await database.pool.execute("update product set price_minor = 2")
        await follower.began()


async def test_changes_not_kept_so_long_are_changes_of_everything(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cti_bridge.lookup.missed.TRUSTED_FOR", timedelta(0))
    follower = Follower()
    async with following(database.url, follower):
        await follower.began()
        assert await database.pool.fetchval(LISTENER)
        await follower.began()


async def test_a_transaction_that_was_under_way_at_the_last_look_is_not_missed(database: Database) -> None:
    follower = Follower()
    async with database.pool.acquire() as writer:
        transaction = writer.transaction()
        await transaction.start()
        await writer.execute("insert into customer (code, name) values ('early', 'x')")
        await writer.execute(
            "insert into customer_number select customer_id, $1 from customer where code = 'early'", NUMBER
        )
        async with following(database.url, follower, first_delay_s=0.5):
            await follower.began()
            await add_customer(database, OTHER)
            assert await follower.next() == {OTHER}
            assert await follower.next() == "stale"
            assert await database.pool.fetchval(LISTENER)
            await transaction.commit()
            told = await follower.next()
            assert isinstance(told, frozenset)
            assert NUMBER in told


async def test_a_silent_connection_is_asked(database: Database) -> None:
    follower = Follower()
    async with following(database.url, follower, ask_every_s=0.001):
        await follower.began()
        asked = "select query from pg_stat_activity where application_name = 'cti-bridge changes'"
        async with asyncio.timeout(10):
            while "pg_snapshot_xmin" not in await database.pool.fetchval(asked):
                await asyncio.sleep(0)


async def test_postgres_may_be_away_at_the_start(database: Database) -> None:
    follower = Follower()
    async with following("postgresql://u@127.0.0.1:1/d", follower) as task:
        done, _ = await asyncio.wait([task], timeout=0.2)
        assert not done


async def test_a_change_reaches_the_next_caller(
    database: Database, valkey: Redis, redis_line: RedisLine
) -> None:
    follower = Follower()
    async with asyncio.TaskGroup() as tasks:
        resolver = Resolver(
            PostgresCards(database.pool), CardCache(redis_line, valkey), spawn=tasks.create_task
        )
        follower.invalidate = resolver.invalidate  # type: ignore[method-assign]
        follower.invalidate_all = resolver.invalidate_all  # type: ignore[method-assign]
        follower.cards_changed = (  # type: ignore[method-assign]
            lambda e164s: follower.heard.put_nowait(e164s if e164s is not None else "all")
        )
        async with following(database.url, follower):
            await follower.began()
            assert await resolver.resolve(caller(NUMBER)) == Unknown(NUMBER)
            await add_customer(database, NUMBER)
            assert await follower.next() == {NUMBER}
            assert await follower.next() == "stale"
            found = await resolver.resolve(caller(NUMBER))
            assert isinstance(found, Found)
            await database.pool.execute("update customer set name = '改名'")
            assert await follower.next() == {NUMBER}
            renamed = await resolver.resolve(caller(NUMBER))
            assert isinstance(renamed, Found)
            assert "改名".encode() in renamed.card
            assert "改名".encode() not in found.card
