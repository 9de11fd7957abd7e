"""Who gets a socket, and how sockets end."""

import asyncio
import socket

import pytest
from websockets.exceptions import InvalidStatus

from cti_bridge.agents.sessions import Sessions, key_of
from cti_bridge.calls.ids import AgentId
from cti_bridge.clock import Clock
from cti_bridge.errors import Unavailable
from cti_bridge.push.close_codes import CloseCode
from cti_bridge.push.topics import agent_topic
from cti_bridge.settings import SessionSettings
from cti_bridge.storage import redis
from tests.loopback import free_port
from tests.push.rig import AT, PAGE, Push, closing, hear, say

A1 = agent_topic(AgentId("a1"))


@pytest.fixture
def no_redis() -> Sessions:
    """Sessions whose Redis is away."""
    return Sessions(redis.connect(f"redis://127.0.0.1:{free_port()}"), SessionSettings(), Clock())


@pytest.mark.parametrize("origin", [PAGE, "https://shop.example.jp", None])
async def test_our_own_pages_get_a_socket(push: Push, origin: str | None) -> None:
    async with push.browser(await push.sign_in(), origin=origin) as browser:
        await say(browser, type="subscribe", topic=A1)
        assert (await hear(browser))["type"] == "snapshot"
        assert push.sample("cti_push_connections") == 1


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "", PAGE + ".evil.example", "https://127.0.0.1:8080"]
)
async def test_a_foreign_page_is_refused(push: Push, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with push.browser(await push.sign_in(), origin=origin):
            pass
    assert refused.value.response.status_code == 403
    assert b"push.allowed_origins" in refused.value.response.body


@pytest.mark.parametrize("session_id", [None, "", "nonsense", "x" * 5000])
async def test_who_is_not_signed_in_can_read_that(push: Push, session_id: str | None) -> None:
    async with push.browser(session_id) as browser:
        assert await closing(browser) == CloseCode.NOT_SIGNED_IN
    assert push.sample("cti_push_closed_total", code="4001") == 1


async def test_signing_out_closes_the_sessions_sockets_and_no_others(push: Push) -> None:
    ended_id, other_id = await push.sign_in(), await push.sign_in()
    async with push.browser(ended_id) as one, push.browser(ended_id) as two, push.browser(other_id) as other:
        for browser in (one, two, other):
            await say(browser, type="subscribe", topic=A1)
            await hear(browser)
        push.server.end_session(await push.sessions.end(ended_id))
        assert [await closing(one), await closing(two)] == [CloseCode.SESSION_ENDED] * 2
        push.hub.publish(A1, "call.ended", b"1", AT)
        assert (await hear(other))["type"] == "call.ended"
    async with push.browser(ended_id) as browser:
        assert await closing(browser) == CloseCode.NOT_SIGNED_IN


async def test_a_session_that_ended_elsewhere_loses_its_sockets(sessions: Sessions) -> None:
    push = Push(sessions, session_check_s=0.01)
    async with push.running():
        session_id = await push.sign_in()
        async with push.browser(session_id) as browser:
            await say(browser, type="subscribe", topic=A1)
            await hear(browser)
            await push.sessions.end(session_id)
            assert await closing(browser) == CloseCode.SESSION_ENDED


async def test_whom_the_roster_admits_no_more_loses_the_sockets(push: Push) -> None:
    leaving, staying = await push.sign_in(), await push.sign_in()
    async with push.browser(leaving) as one, push.browser(leaving) as two, push.browser(staying) as other:
        for browser in (one, two, other):
            await say(browser, type="subscribe", topic=A1)
            await hear(browser)
        push.server.turn_out(lambda session: session.key != key_of(leaving))
        assert [await closing(one), await closing(two)] == [CloseCode.SESSION_ENDED] * 2
        push.hub.publish(A1, "call.ended", b"1", AT)
        assert (await hear(other))["type"] == "call.ended"


async def test_without_redis_a_browser_is_told_to_come_back(no_redis: Sessions) -> None:
    push = Push(no_redis)
    async with push.running(), push.browser("some-session") as browser:
        assert await closing(browser) == CloseCode.RESTARTING


async def test_an_open_socket_outlives_redis(sessions: Sessions, no_redis: Sessions) -> None:
    push = Push(sessions, session_check_s=0.01)
    async with push.running():
        async with push.browser(await push.sign_in()) as browser:
            await say(browser, type="subscribe", topic=A1)
            await hear(browser)
            asked = asyncio.Event()

            async def renew(key: object) -> None:
                asked.set()
                raise Unavailable("storage.redis_url", "gone")

            push.sessions.renew = renew  # type: ignore[method-assign, assignment]
            async with asyncio.timeout(10):
                await asked.wait()
                asked.clear()
                await asked.wait()
            push.hub.publish(A1, "call.ended", b"1", AT)
            assert (await hear(browser))["type"] == "call.ended"


async def test_stopping_tells_every_browser_to_come_back(sessions: Sessions) -> None:
    push = Push(sessions)
    async with push.running():
        browsers = [await push.browser(await push.sign_in()) for _ in range(3)]
        for browser in browsers:
            await say(browser, type="subscribe", topic=A1)
            await hear(browser)
    assert [await closing(browser) for browser in browsers] == [CloseCode.RESTARTING] * 3
    assert push.sample("cti_push_connections") == 0
    with pytest.raises(OSError):
        async with push.browser(None):
            pass


async def test_a_browser_resumes_after_another_servers_start(sessions: Sessions) -> None:
    """The hub outlives the listener here; after a restart of the bridge the epoch is new."""
    push = Push(sessions)
    session_id = await push.sign_in()
    async with push.running(), push.browser(session_id) as browser:
        await say(browser, type="subscribe", topic=A1)
        position = await hear(browser)
    push.hub.publish(A1, "call.offered", b"1", AT)
    async with push.running(), push.browser(session_id) as browser:
        await say(browser, type="subscribe", topic=A1, epoch=position["epoch"], offset=position["offset"])
        assert (await hear(browser))["data"] == 1


async def test_a_fault_of_ours_ends_one_socket_only(push: Push) -> None:
    def fail(topic: object) -> bytes:
        raise ZeroDivisionError

    async with push.browser(await push.sign_in("a1")) as one, push.browser(await push.sign_in("a2")) as two:
        await say(two, type="subscribe", topic="agent:a2")
        await hear(two)
        push.hub.provide_snapshot("agent", fail)
        await say(one, type="subscribe", topic=A1)
        assert await closing(one) == 1011
        push.hub.publish(agent_topic(AgentId("a2")), "call.ended", b"1", AT)
        assert (await hear(two))["type"] == "call.ended"
    assert push.sample("cti_task_failures_total", task="push_connection") == 1


async def test_an_occupied_port_is_named(sessions: Sessions) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        push = Push(sessions, port=other.getsockname()[1])
        with pytest.raises(ExceptionGroup) as stopped:
            async with push.running():
                pass
    fault = stopped.value.exceptions[0]
    assert isinstance(fault, Unavailable)
    assert str(fault) == f"push.port: 127.0.0.1:{push.port} is in use by another program"
