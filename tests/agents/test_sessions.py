import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from redis.asyncio import Redis

from cti_bridge.agents.sessions import RENEW_S, TIMEOUT_S, SessionId, Sessions, key_of
from cti_bridge.calls.ids import AgentId
from cti_bridge.clock import Clock, as_utc
from cti_bridge.errors import Unavailable
from cti_bridge.settings import SessionSettings
from cti_bridge.storage import redis

START_S = 1_775_610_123.0
IDLE_S, ABSOLUTE_S = 600.0, 3600.0


@dataclass
class World:
    """Sessions whose clock the test moves. Redis keeps its own time, so tests read its TTLs."""

    redis: Redis
    now_s: float = START_S
    sessions: Sessions = field(init=False)

    def __post_init__(self) -> None:
        settings = SessionSettings(idle_s=IDLE_S, absolute_s=ABSOLUTE_S)
        self.sessions = Sessions(self.redis, settings, Clock(now_s=lambda: self.now_s))

    async def sign_in(self) -> SessionId:
        return await self.sessions.create(AgentId("a1"), "hanako", "supervisor")

    async def ttl_s(self, session_id: SessionId) -> float:
        left_ms: int = await self.redis.pttl(f"session:{key_of(session_id)}")
        return left_ms / 1000


@pytest.fixture
def world(valkey: Redis) -> World:
    return World(valkey)


async def test_a_session_is_read_back(world: World) -> None:
    session_id = await world.sign_in()
    session = await world.sessions.read(session_id)
    assert session is not None
    assert (session.agent_id, session.login, session.role) == ("a1", "hanako", "supervisor")
    assert session.created_at == as_utc(START_S)
    assert session.key == key_of(session_id)
    assert await world.sessions.renew(session.key) == session


async def test_whom_the_roster_does_not_admit_has_none_until_it_does(world: World) -> None:
    session_id = await world.sign_in()
    admitted: list[str] = []
    sessions = Sessions(
        world.redis,
        SessionSettings(),
        Clock(now_s=lambda: world.now_s),
        lambda session: session.agent_id in admitted,
    )
    assert await sessions.read(session_id) is None
    admitted.append("a1")
    assert await sessions.read(session_id) is not None


async def test_ids_are_long_and_never_the_same(world: World) -> None:
    ids = {await world.sign_in() for _ in range(20)}
    assert len(ids) == 20
    assert all(len(session_id) == 43 for session_id in ids)


async def test_redis_never_sees_the_id(world: World) -> None:
    session_id = await world.sign_in()
    [name] = await world.redis.keys("*")
    value = await world.redis.get(name)
    assert session_id.encode() not in name + value


@pytest.mark.parametrize("session_id", ["", "x", "x" * 65, "x" * 100_000, "é", "\udcff"])
async def test_a_made_up_id_is_nobodys(world: World, session_id: str) -> None:
    await world.sign_in()
    assert await world.sessions.read(session_id) is None


async def test_an_ended_session_is_gone(world: World) -> None:
    session_id, other_id = await world.sign_in(), await world.sign_in()
    assert await world.sessions.end(session_id) == key_of(session_id)
    await world.sessions.end(session_id)
    assert await world.sessions.read(session_id) is None
    assert await world.sessions.read(other_id) is not None


async def test_use_is_noted_at_most_once_a_minute(world: World) -> None:
    session_id = await world.sign_in()
    name = f"session:{key_of(session_id)}"
    await world.redis.pexpire(name, int((IDLE_S - RENEW_S + 5) * 1000))
    await world.sessions.read(session_id)
    assert await world.ttl_s(session_id) < IDLE_S - RENEW_S + 6
    await world.redis.pexpire(name, int((IDLE_S - RENEW_S - 5) * 1000))
    await world.sessions.read(session_id)
    assert await world.ttl_s(session_id) > IDLE_S - 5


async def test_use_does_not_outlive_the_whole_time(world: World) -> None:
    session_id = await world.sign_in()
    world.now_s = START_S + ABSOLUTE_S - 100
    await world.redis.pexpire(f"session:{key_of(session_id)}", 10_000)
    assert await world.sessions.read(session_id) is not None
    assert 90 < await world.ttl_s(session_id) <= 100


async def test_a_session_ends_with_its_whole_time_whatever_redis_says(world: World) -> None:
    session_id = await world.sign_in()
    world.now_s = START_S + ABSOLUTE_S
    assert await world.ttl_s(session_id) > 0
    assert await world.sessions.read(session_id) is None


async def test_a_session_ends_without_use(world: World) -> None:
    session_id = await world.sign_in()
    assert IDLE_S - 5 < await world.ttl_s(session_id) <= IDLE_S


async def test_an_emptied_redis_costs_a_sign_in(world: World) -> None:
    session_id = await world.sign_in()
    await world.redis.flushall()
    assert await world.sessions.read(session_id) is None


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"agent_id":"a1"}', b"\xff"])
async def test_what_we_did_not_write_is_no_session(world: World, value: bytes) -> None:
    session_id = await world.sign_in()
    await world.redis.set(f"session:{key_of(session_id)}", value)
    assert await world.sessions.read(session_id) is None


async def test_a_role_that_is_none_of_ours_is_no_session(world: World) -> None:
    session_id = await world.sign_in()
    name = f"session:{key_of(session_id)}"
    value: bytes = await world.redis.get(name)
    await world.redis.set(name, value.replace(b"supervisor", b"emperor"))
    assert await world.sessions.read(session_id) is None


@pytest.fixture
async def silent_port() -> AsyncIterator[int]:
    """A port that takes connections and never answers."""
    done = asyncio.Event()

    async def wait(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await done.wait()
        writer.close()

    async with await asyncio.start_server(wait, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        done.set()


async def all_fail(sessions: Sessions) -> None:
    for attempt in (
        sessions.create(AgentId("a1"), "hanako", "agent"),
        sessions.read("some-id"),
        sessions.end("some-id"),
    ):
        with pytest.raises(Unavailable) as fault:
            await attempt
        assert fault.value.setting == "storage.redis_url"


async def test_redis_gone_is_said_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = redis.connect(f"redis://127.0.0.1:{unused.getsockname()[1]}")
        await all_fail(World(client).sessions)
        await client.aclose()


async def test_a_silent_redis_is_given_up_in_time(silent_port: int) -> None:
    client = redis.connect(f"redis://127.0.0.1:{silent_port}", socket_timeout_s=60)
    async with asyncio.timeout(3 * TIMEOUT_S + 2):
        await all_fail(World(client).sessions)
    await client.aclose()
