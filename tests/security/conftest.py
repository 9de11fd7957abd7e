"""A whole bridge for all that strangers try, and what its rigs for parts of it are."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from cti_bridge.agents.sessions import Sessions
from cti_bridge.clock import Clock
from cti_bridge.settings import SessionSettings
from tests.conftest import clone
from tests.push.rig import Push
from tests.rig.house import House, enrol, open_house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    postgres_url: str, empty_template: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """A bridge with its roster for a module's tests; one customer, whose number is 03-1234-5678."""
    folder = tmp_path_factory.mktemp("house")
    async for database in clone(postgres_url, empty_template):
        await enrol(database.pool)
        await database.pool.execute(
            "insert into customer (code, name, reading) values ('C1', '佐藤 花子', 'サトウ ハナコ')"
        )
        await database.pool.execute(
            "insert into customer_number values (1, '+81312345678', 'home', '03-1234-5678')"
        )
        async with open_house(
            folder, database.pool, postgres_url=database.url, redis_url=valkey_url
        ) as opened:
            yield opened


@pytest.fixture
def sessions(valkey: Redis) -> Sessions:
    return Sessions(valkey, SessionSettings(), Clock())


@pytest.fixture
async def push(sessions: Sessions) -> AsyncIterator[Push]:
    push = Push(sessions)
    async with push.running():
        yield push
