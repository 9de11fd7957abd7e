from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from cti_bridge.agents.sessions import Sessions
from cti_bridge.clock import Clock
from cti_bridge.settings import SessionSettings
from cti_bridge.storage import redis
from tests.api.rig import Api, serving
from tests.loopback import free_port


@pytest.fixture
def sessions(valkey: Redis) -> Sessions:
    return Sessions(valkey, SessionSettings(), Clock())


@pytest.fixture
async def no_redis() -> AsyncIterator[Sessions]:
    """Sessions whose Redis is away."""
    client = redis.connect(f"redis://127.0.0.1:{free_port()}")
    yield Sessions(client, SessionSettings(), Clock())
    await client.aclose()


@pytest.fixture
async def api(sessions: Sessions, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(sessions, pages=tmp_path) as api:
        api.roster.add("a1")
        yield api
