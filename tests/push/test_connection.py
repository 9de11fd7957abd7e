"""What a browser may say on its socket, and what it is sent."""

import asyncio

import pytest
from structlog.testing import capture_logs

from cti_bridge.agents.sessions import Sessions
from cti_bridge.calls.ids import AgentId
from cti_bridge.push import server
from cti_bridge.push.close_codes import CloseCode
from cti_bridge.push.connection import OUTGOING_BYTES
from cti_bridge.push.topics import BOARD, agent_topic
from tests.push.rig import AT, Push, closing, hear, say

A1 = agent_topic(AgentId("a1"))
A2 = agent_topic(AgentId("a2"))


async def test_a_browser_gets_a_snapshot_then_every_message(push: Push) -> None:
    push.hub.publish(A1, "call.offered", b'{"n":1}', AT)
    async with push.browser(await push.sign_in("a1")) as browser:
        await say(browser, type="subscribe", topic=A1)
        snapshot = await hear(browser)
        push.hub.publish(A2, "call.offered", b'{"n":0}', AT)
        push.hub.publish(A1, "call.offered", '{"n":"佐藤"}'.encode(), AT)
        offered = await hear(browser)
    assert (snapshot["type"], snapshot["offset"], snapshot["data"]) == ("snapshot", 1, {"of": A1})
    assert (offered["type"], offered["offset"], offered["topic"]) == ("call.offered", 2, A1)
    assert offered["data"] == {"n": "佐藤"}


async def test_a_browser_resumes_where_it_was(push: Push) -> None:
    session_id = await push.sign_in("a1")
    async with push.browser(session_id) as browser:
        await say(browser, type="subscribe", topic=A1)
        position = await hear(browser)
    for number in range(3):
        push.hub.publish(A1, "call.offered", b"%d" % number, AT)
    async with push.browser(session_id) as browser:
        await say(browser, type="subscribe", topic=A1, epoch=position["epoch"], offset=position["offset"])
        heard = [await hear(browser) for _ in range(3)]
        push.hub.publish(A1, "call.ended", b"3", AT)
        heard.append(await hear(browser))
    assert [(message["offset"], message["data"]) for message in heard] == [(1, 0), (2, 1), (3, 2), (4, 3)]


@pytest.mark.parametrize("lost", ["offset", "epoch"])
async def test_a_lost_position_gets_a_snapshot(push: Push, lost: str) -> None:
    for number in range(push.backlog_frames + 10):
        push.hub.publish(A1, "call.offered", b"%d" % number, AT)
    last = push.backlog_frames + 10
    position = (
        {"epoch": push.hub.epoch, "offset": 9} if lost == "offset" else {"epoch": "old", "offset": last}
    )
    async with push.browser(await push.sign_in("a1")) as browser:
        await say(browser, type="subscribe", topic=A1, **position)
        message = await hear(browser)
    assert (message["type"], message["offset"], message["epoch"]) == ("snapshot", last, push.hub.epoch)


@pytest.mark.parametrize(
    ("role", "topic"),
    [("agent", A2), ("agent", BOARD), ("supervisor", A2), ("administrator", A2)],
)
async def test_a_topic_of_others_is_forbidden(push: Push, role: str, topic: str) -> None:
    async with push.browser(await push.sign_in("a1", role)) as browser:
        await say(browser, type="subscribe", topic=topic)
        assert await closing(browser) == CloseCode.FORBIDDEN_TOPIC
    assert push.sample("cti_push_frames_total", type="snapshot") is None


async def test_a_supervisor_follows_the_board_and_the_own_screen(push: Push) -> None:
    async with push.browser(await push.sign_in("a1", "supervisor")) as browser:
        for topic in (BOARD, A1):
            await say(browser, type="subscribe", topic=topic)
            assert (await hear(browser))["topic"] == topic


async def test_a_topic_with_nothing_behind_it_is_forbidden(push: Push) -> None:
    push.hub.provide_snapshot("agent", lambda topic: None)
    async with push.browser(await push.sign_in("a1")) as browser:
        await say(browser, type="subscribe", topic=A1)
        assert await closing(browser) == CloseCode.FORBIDDEN_TOPIC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"type":"subscribe"}',
        '{"type":"sing","topic":"board"}',
        '{"topic":"board"}',
        '{"type":"subscribe","topic":"agent:A1"}',
        '{"type":"subscribe","topic":"agent:a1","offset":"4","epoch":"e"}',
        '{"type":"subscribe","topic":"agent:a1","offset":4.5,"epoch":"e"}',
        '{"type":"subscribe","topic":"agent:a1","more":1}',
        '{"type":"ack","topic":"agent:a1"}',
        '{"type":"ack","topic":"agent:a1","offset":null}',
        "[" * 2000,
        b'{"type":"subscribe","topic":"agent:a1"}',
    ],
)
async def test_a_malformed_message_closes_the_socket(push: Push, text: str | bytes) -> None:
    async with push.browser(await push.sign_in("a1")) as browser:
        await browser.send(text)
        assert await closing(browser) == CloseCode.BAD_MESSAGE
    assert push.sample("cti_push_closed_total", code="4000") == 1


async def test_an_oversized_message_closes_the_socket(push: Push) -> None:
    async with push.browser(await push.sign_in("a1")) as browser:
        await browser.send(" " * 5000)
        assert await closing(browser) == 1009


async def test_acknowledgements_are_passed_on_for_topics_that_are_followed(push: Push) -> None:
    async with push.browser(await push.sign_in("a1")) as browser:
        await say(browser, type="ack", topic=A1, offset=7)
        await say(browser, type="subscribe", topic=A1)
        await hear(browser)
        await say(browser, type="ack", topic=A2, offset=8)
        await say(browser, type="ack", topic=A1, offset=9)
        async with asyncio.timeout(10):
            topic, offset, received_ns = await push.acks.get()
    assert (topic, offset) == (A1, 9)
    assert received_ns > 0
    assert push.acks.empty()


async def test_a_slow_browser_is_closed_while_the_others_keep_receiving(push: Push) -> None:
    data = b'"' + b"x" * 65_536 + b'"'
    slow_id, quick_id = await push.sign_in("a1"), await push.sign_in("a1")
    async with push.browser(slow_id, max_queue=1) as slow, push.browser(quick_id) as quick:
        for browser in (slow, quick):
            await say(browser, type="subscribe", topic=A1)
            await hear(browser)
        with capture_logs() as logs:
            # What the kernel takes on top of our own queue is some megabytes.
            for _ in range(1000):
                offset = push.hub.publish(A1, "call.offered", data, AT)
                assert (await hear(quick))["offset"] == offset
                if logs:
                    break
        assert [(line["event"], line["code"]) for line in logs] == [("push_closed", "TOO_SLOW")]
        assert await closing(slow) == CloseCode.TOO_SLOW
        offset = push.hub.publish(A1, "call.ended", b"1", AT)
        assert (await hear(quick))["offset"] == offset
    assert push.sample("cti_push_closed_total", code="4008") == 1


async def test_a_snapshot_greater_than_the_queue_gets_through(push: Push) -> None:
    great = b'"' + b"x" * (2 * OUTGOING_BYTES) + b'"'
    push.hub.provide_snapshot("agent", lambda topic: great)
    async with push.browser(await push.sign_in("a1"), max_size=None) as browser:
        await say(browser, type="subscribe", topic=A1)
        assert len((await hear(browser))["data"]) == 2 * OUTGOING_BYTES


async def test_a_browser_that_takes_nothing_is_let_go(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frozen, with too little queued to be called slow: the pings must not wait behind the queue."""
    monkeypatch.setattr(server, "PING_INTERVAL_S", 0.05)
    monkeypatch.setattr(server, "PING_TIMEOUT_S", 0.05)
    monkeypatch.setattr(server, "CLOSE_TIMEOUT_S", 0.05)
    push = Push(sessions)
    session_id = await push.sign_in("a1")
    async with push.running():
        async with push.browser(session_id, max_queue=1, ping_interval=None, close_timeout=0.1) as frozen:
            await say(frozen, type="subscribe", topic=A1)
            await hear(frozen)
            [websocket] = push.websockets()
            async with asyncio.timeout(30):
                while websocket.transport.get_write_buffer_size() < OUTGOING_BYTES // 2:
                    push.hub.publish(A1, "call.offered", b'"' + b"x" * 65_536 + b'"', AT)
                    await asyncio.sleep(0)
                await websocket.wait_closed()
            assert push.sample("cti_push_closed_total", code="4008") is None
