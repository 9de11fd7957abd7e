"""Real stores that stop answering without closing anything: the worst a look-up can meet."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from redis.asyncio import Redis

from cti_bridge.lookup.bounded import bounded
from cti_bridge.lookup.cache import CardCache
from cti_bridge.lookup.outcome import Unknown, Unreachable
from cti_bridge.lookup.query import PostgresCards
from cti_bridge.lookup.resolve import Resolver
from cti_bridge.storage import postgres
from cti_bridge.storage.redis_line import RedisLine
from tests.conftest import Database
from tests.lookup.stores import NUMBER, OTHER, Health, caller


@contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    """These processes stand still: their sockets stay open and nothing is read from them."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def backend(pool: asyncpg.Pool) -> int:
    return int(await pool.fetchval("select pg_backend_pid()"))


async def test_a_database_that_hangs_is_waited_for_as_long_as_said(
    database: Database, valkey: Redis, redis_line: RedisLine
) -> None:
    loop = asyncio.get_running_loop()
    health = Health()
    pool = await postgres.create_pool(database.url, max_size=1)
    async with asyncio.TaskGroup() as tasks:
        resolver = Resolver(
            PostgresCards(pool),
            CardCache(redis_line, valkey),
            spawn=tasks.create_task,
            on_health=health,
            database_timeout_s=0.2,
            retry_s=0.05,
        )
        with stopped([await backend(pool)]):
            began = loop.time()
            asked = await asyncio.gather(*(resolver.resolve(caller(e164)) for e164 in (NUMBER, OTHER)))
            assert asked == [Unreachable(NUMBER), Unreachable(OTHER)]
            assert loop.time() - began < 2
            assert await health.next() == ("postgres", False)
        assert await health.next() == ("postgres", True)
        assert await resolver.resolve(caller(NUMBER)) == Unknown(NUMBER)
    await pool.close()


async def test_a_cache_that_hangs_is_waited_for_once(
    database: Database, valkey: Redis, redis_line: RedisLine
) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as tasks:
        resolver = Resolver(
            PostgresCards(database.pool), CardCache(redis_line, valkey), spawn=tasks.create_task
        )
        await resolver.resolve(caller(NUMBER))  # so that connections are there
        await valkey.execute_command("CLIENT", "PAUSE", "500", "ALL")
        began = loop.time()
        for _ in range(20):
            assert await resolver.resolve(caller(OTHER)) == Unknown(OTHER)
        assert loop.time() - began < 0.5


async def test_bounded_hands_on_what_comes_in_time() -> None:
    async def answer() -> int:
        return 1

    async def fail() -> int:
        raise ValueError("no")

    async with asyncio.TaskGroup() as tasks:
        assert await bounded(answer(), 1, tasks.create_task) == 1
        try:
            await bounded(fail(), 1, tasks.create_task)
        except ValueError as error:
            assert str(error) == "no"


async def test_bounded_does_not_wait_for_the_end_of_what_is_late() -> None:
    released = asyncio.Event()
    ended: list[str] = []

    async def stubborn() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await released.wait()
            ended.append("at last")

    async with asyncio.TaskGroup() as tasks:
        try:
            await bounded(stubborn(), 0.01, tasks.create_task)
        except TimeoutError:
            ended.append("given up")
        released.set()
    assert ended == ["given up", "at last"]
