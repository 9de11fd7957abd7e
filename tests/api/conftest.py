from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from cti_bridge.agents.sessions import Sessions
from cti_bridge.agents.throttle import Throttle
from cti_bridge.clock import Clock
from cti_bridge.settings import SessionSettings
from cti_bridge.storage import redis
from tests.api.asking import NAMES, Desk, desk_on
from tests.api.rig import Api, serving
from tests.conftest import Database
from tests.loopback import free_port


@pytest.fixture
def sessions(valkey: Redis) -> Sessions:
    return Sessions(valkey, SessionSettings(), Clock())


@pytest.fixture
def throttle(valkey: Redis) -> Throttle:
    return Throttle(valkey, SessionSettings(failures_per_login=3, failures_per_address=20))


@pytest.fixture
async def no_redis() -> AsyncIterator[Redis]:
    """A Redis that is away."""
    client = redis.connect(f"redis://127.0.0.1:{free_port()}")
    yield client
    await client.aclose()


@pytest.fixture
async def api(sessions: Sessions, throttle: Throttle, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(sessions, throttle, pages=tmp_path) as api:
        api.roster.add("a1")
        yield api


@pytest.fixture
async def customer_desk(database: Database, sessions: Sessions, tmp_path: Path) -> AsyncIterator[Desk]:
    """Agents a1 and a2, supervisor s1; customer 1 with a number and a history, customer 2 with neither."""
    pool = database.pool
    await pool.executemany(
        "insert into agent (agent_id, login, name, role) values ($1, $1, $2, 'agent')", list(NAMES.items())
    )
    await pool.execute(
        "insert into customer (code, name, reading, postcode) values"
        " ('C1', '佐藤 花子', 'サトウ ハナコ', '154-0023'), ('C2', '鈴木 一', 'スズキ ハジメ', '')"
    )
    await pool.execute("insert into customer_number values (1, '+81312345678', 'home', '03-1234-5678')")
    await pool.execute(
        "insert into product (sku, name, category, price_minor) values ('S1', '煎茶', 'お茶', 1080)"
    )
    async with desk_on(pool, sessions, tmp_path) as desk:
        yield desk
