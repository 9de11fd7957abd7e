"""Following changes in a real PostgreSQL, through cuts of the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from cti_bridge.lookup.cache import CardCache
from cti_bridge.lookup.invalidate import follow_changes
from cti_bridge.lookup.outcome import Found, Unknown
from cti_bridge.lookup.query import PostgresCards
from cti_bridge.lookup.resolve import Resolver
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
            first_delay_s=0.01,
            **settings,
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
        assert [await follower.next(), await follower.next()] == ["all", "roster"]


async def test_changes_made_together_are_told_together(database: Database) -> None:
    follower = Follower()
    async with following(database.url, follower):
        assert [await follower.next(), await follower.next()] == ["all", "roster"]
        await add_customer(database, NUMBER, OTHER)
        assert await follower.next() == {NUMBER, OTHER}
        await database.pool.execute(
            "insert into agent (agent_id, login, name, role) values ('a', 'a', 'a', 'agent')"
        )
        assert await follower.next() == "roster"


async def test_what_nobody_can_read_is_everything(database: Database) -> None:
    follower = Follower()
    async with following(database.url, follower):
        assert [await follower.next(), await follower.next()] == ["all", "roster"]
        await database.pool.execute("notify card_changed, 'by hand'")
        assert await follower.next() == "all"


async def test_a_cut_is_a_change_of_everything(database: Database) -> None:
    follower = Follower()
    async with following(database.url, follower):
        for _ in range(3):
            assert [await follower.next(), await follower.next()] == ["all", "roster"]
            assert await database.pool.fetch(LISTENER)


async def test_a_silent_connection_is_asked(database: Database) -> None:
    follower = Follower()
    async with following(database.url, follower, ask_every_s=0.001):
        assert [await follower.next(), await follower.next()] == ["all", "roster"]
        asked = "select query from pg_stat_activity where application_name = 'cti-bridge changes'"
        async with asyncio.timeout(10):
            while await database.pool.fetchval(asked) != "select 1":
                await asyncio.sleep(0)


async def test_postgres_may_be_away_at_the_start(database: Database) -> None:
    follower = Follower()
    async with following("postgresql://u@127.0.0.1:1/d", follower) as task:
        done, _ = await asyncio.wait([task], timeout=0.2)
        assert not done


async def test_a_change_reaches_the_next_caller(database: Database, valkey: Redis) -> None:
    follower = Follower()
    async with asyncio.TaskGroup() as tasks:
        resolver = Resolver(PostgresCards(database.pool), CardCache(valkey), spawn=tasks.create_task)
        follower.invalidate = resolver.invalidate  # type: ignore[method-assign]
        follower.invalidate_all = resolver.invalidate_all  # type: ignore[method-assign]
        follower.cards_changed = (  # type: ignore[method-assign]
            lambda e164s: follower.heard.put_nowait(e164s if e164s is not None else "all")
        )
        async with following(database.url, follower):
            assert [await follower.next(), await follower.next()] == ["all", "roster"]
            assert await resolver.resolve(caller(NUMBER)) == Unknown(NUMBER)
            await add_customer(database, NUMBER)
            assert await follower.next() == {NUMBER}
            found = await resolver.resolve(caller(NUMBER))
            assert isinstance(found, Found)
            await database.pool.execute("update customer set name = '改名'")
            assert await follower.next() == {NUMBER}
            renamed = await resolver.resolve(caller(NUMBER))
            assert isinstance(renamed, Found)
            assert "改名".encode() in renamed.card
            assert "改名".encode() not in found.card
