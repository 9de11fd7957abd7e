from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from cti_bridge.agents.sessions import Sessions
from cti_bridge.clock import Clock
from cti_bridge.settings import SessionSettings
from tests.push.rig import Push


@pytest.fixture
def sessions(valkey: Redis) -> Sessions:
    return Sessions(valkey, SessionSettings(), Clock())


@pytest.fixture
async def push(sessions: Sessions) -> AsyncIterator[Push]:
    push = Push(sessions)
    async with push.running():
        yield push
