"""Strangers at the socket: other pages, others' topics, frames that no browser of ours sends."""

from __future__ import annotations

import asyncio
import json
import os
import struct

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cti_bridge.agents.sessions import COOKIE, Sessions
from cti_bridge.calls.ids import AgentId
from cti_bridge.push import server
from cti_bridge.push.close_codes import CloseCode
from cti_bridge.push.connection import INCOMING_BYTES
from cti_bridge.push.topics import agent_topic
from tests.push.rig import AT, PAGE, Push, closing, hear, say

A1 = agent_topic(AgentId("a1"))
TEXT, BINARY, CONTINUATION, CLOSE, PING = 0x1, 0x2, 0x0, 0x8, 0x9


def frame(opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    """A frame as it goes over the wire, or as it should not. Source: RFC 6455, 5.2."""
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    length, bit = len(payload), 0x80 if masked else 0
    if length < 126:
        head += bytes([bit | length])
    else:
        head += bytes([bit | 126]) + struct.pack(">H", length)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


async def is_well(push: Push) -> None:
    """Another browser gets its snapshot and its messages."""
    async with push.browser(await push.sign_in("a2")) as other:
        await say(other, type="subscribe", topic="agent:a2")
        assert (await hear(other))["type"] == "snapshot"
        push.hub.publish(agent_topic(AgentId("a2")), "call.ended", b"1", AT)
        assert (await hear(other))["type"] == "call.ended"
    assert push.sample("cti_task_failures_total", task="push_connection") is None


async def gone(push: Push) -> None:
    """Wait until the server holds no socket; it counts them."""
    async with asyncio.timeout(10):
        while push.sample("cti_push_connections"):
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "file://",
        "http://127.0.0.1",
        "http://127.0.0.1:80",
        "http://127.0.0.1:8081",
        "https://127.0.0.1:8080",
        "ws://127.0.0.1:8080",
        "http://127.0.0.1:8080/",
        "http://127.0.0.1:8080.evil.example",
        "http://127.0.0.1:8080@evil.example",
        "http://evil.example/http://127.0.0.1:8080",
        "http://127.0.0.1:8080, http://evil.example",
        "http://evil.example http://127.0.0.1:8080",
        "HTTP://127.0.0.1:8080",
        "http://127.0.0.2:8080",
        "http://[::1]:8080",
        "*",
        "https://shop.example.jp.",
        "https://evil.shop.example.jp",
        "http://shop.example.jp",
    ],
)
async def test_a_foreign_or_odd_origin_is_refused_and_logged(push: Push, origin: str) -> None:
    session_id = await push.sign_in("a1")
    with capture_logs() as logs, pytest.raises(InvalidStatus) as refused:
        async with push.browser(session_id, origin=origin):
            pass
    assert refused.value.response.status_code == 403
    assert [line["event"] for line in logs] == ["push_origin_refused"]
    assert session_id not in str(logs)
    await is_well(push)


async def test_two_origins_are_none_of_ours(push: Push) -> None:
    for second in (PAGE, "http://evil.example"):
        with pytest.raises(InvalidStatus) as refused:
            async with push.browser(await push.sign_in("a1"), more=[("Origin", second)]):
                pass
        assert refused.value.response.status_code == 403


async def test_without_an_origin_the_cookie_still_decides(push: Push) -> None:
    """A program of the house's own may follow the socket, but only with a session."""
    async with push.browser(None, origin=None) as nobody:
        assert await closing(nobody) == CloseCode.NOT_SIGNED_IN


@pytest.mark.parametrize(
    "topic",
    [
        *("agent:a2", "board", "agent:", "agent:*", "agent:a1 ", " agent:a1", "AGENT:a1", "agent:A1"),
        *("agent:a1\0", "agent:a1\n", "agent:a1,agent:a2", "agent:../a2", "agent:a1/../a2", "agent:ａ1"),
        *("board ", "Board", "board\0", "b", "", "*", "#", "+", "agent:" + "a" * 33, "agent:a1" * 200),
    ],
)
async def test_what_is_not_ones_own_is_never_heard(push: Push, topic: str) -> None:
    async with push.browser(await push.sign_in("a1")) as browser:
        await say(browser, type="subscribe", topic=topic)
        assert await closing(browser) in (CloseCode.FORBIDDEN_TOPIC, CloseCode.BAD_MESSAGE)
    assert push.sample("cti_push_frames_total", type="snapshot") is None
    assert set(push.hub._streams) <= {A1}, "no stream is made for what nobody may follow"


async def test_an_agent_who_listens_hears_nothing_of_others(push: Push) -> None:
    """Not after a refusal either: messages that are on their way go nowhere."""
    async with push.browser(await push.sign_in("a1")) as browser:
        await say(browser, type="subscribe", topic=A1)
        await hear(browser)
        await say(browser, type="subscribe", topic="agent:a2")
        push.hub.publish(agent_topic(AgentId("a2")), "call.offered", b'"secret"', AT)
        try:
            async with asyncio.timeout(10):
                while True:
                    assert "secret" not in str(await browser.recv())
        except ConnectionClosed:
            assert browser.close_code == CloseCode.FORBIDDEN_TOPIC


DEEP = b"[" * (INCOMING_BYTES - 1)
OWN = json.dumps({"type": "subscribe", "topic": A1}).encode()


@pytest.mark.parametrize(
    ("bytes_", "codes"),
    [
        pytest.param(frame(BINARY, OWN), {CloseCode.BAD_MESSAGE}, id="binary"),
        pytest.param(frame(BINARY, b""), {CloseCode.BAD_MESSAGE}, id="empty binary"),
        pytest.param(frame(TEXT, DEEP), {CloseCode.BAD_MESSAGE}, id="deep JSON"),
        pytest.param(frame(TEXT, b'{"a":' * 800), {CloseCode.BAD_MESSAGE}, id="deep objects"),
        pytest.param(frame(TEXT, b"\xff\xfe"), {1007}, id="invalid UTF-8"),
        pytest.param(frame(TEXT, b"\xed\xa0\x80"), {1007}, id="a lone surrogate"),
        pytest.param(frame(TEXT, b'"\\ud800"'), {CloseCode.BAD_MESSAGE}, id="a surrogate by escape"),
        pytest.param(
            frame(TEXT, b'{"type":"subscribe","topic":"agent:\\ud800"}'),
            {CloseCode.BAD_MESSAGE},
            id="a surrogate in the topic",
        ),
        pytest.param(frame(TEXT, OWN, masked=False), {1002}, id="not masked"),
        pytest.param(frame(TEXT, OWN, reserved=4), {1002}, id="a reserved bit"),
        pytest.param(frame(0x3, b""), {1002}, id="an unknown opcode"),
        pytest.param(frame(CONTINUATION, b"x"), {1002}, id="a continuation of nothing"),
        pytest.param(frame(TEXT, b"{", fin=False) + frame(TEXT, b"}"), {1002}, id="a text within a text"),
        pytest.param(frame(PING, b"x" * 126), {1002}, id="a long ping"),
        pytest.param(frame(PING, b"x", fin=False), {1002}, id="a ping in pieces"),
        pytest.param(frame(TEXT, b" " * (INCOMING_BYTES + 1)), {1009}, id="too long"),
        pytest.param(
            frame(TEXT, b" ", fin=False) + frame(CONTINUATION, b" " * INCOMING_BYTES, fin=False),
            {1009},
            id="too long in pieces",
        ),
        pytest.param(
            frame(TEXT, b" ", fin=False) + frame(CONTINUATION, b" ", fin=False) * (INCOMING_BYTES + 1),
            {1009},
            id="thousands of pieces",
        ),
        pytest.param(b"\x81\xff" + b"\xff" * 8, {1002, 1009}, id="a length of 2**64"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", {1002}, id="HTTP again"),
        pytest.param(bytes(range(256)), {1002}, id="noise"),
        pytest.param(frame(CLOSE, b"\x00"), {1002}, id="half a close code"),
        pytest.param(frame(CLOSE, struct.pack(">H", 99)), {1002}, id="a close code that is none"),
    ],
)
async def test_a_frame_that_is_none_costs_its_own_socket_only(
    push: Push, bytes_: bytes, codes: set[int]
) -> None:
    async with push.browser(await push.sign_in("a1")) as browser:
        browser.transport.write(bytes_)
        assert await closing(browser) in codes
    await gone(push)
    await is_well(push)


@pytest.mark.parametrize(
    "offset", ["-1", "1e3", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "9" * 3000]
)
async def test_offsets_of_every_size(push: Push, offset: str) -> None:
    """A position that cannot be gets a snapshot, as any that is not held; what is no number is refused."""
    text = f'{{"type":"subscribe","topic":"{A1}","epoch":"{push.hub.epoch}","offset":{offset}}}'
    async with push.browser(await push.sign_in("a1")) as browser:
        await browser.send(text)
        try:
            assert (await hear(browser))["type"] == "snapshot"
        except ConnectionClosed:
            assert browser.close_code == CloseCode.BAD_MESSAGE
    async with push.browser(await push.sign_in("a1")) as browser:
        await say(browser, type="subscribe", topic=A1)
        await hear(browser)
        await browser.send(f'{{"type":"ack","topic":"{A1}","offset":{offset}}}')
        await browser.send("{")
        assert await closing(browser) == CloseCode.BAD_MESSAGE
    await is_well(push)


async def test_ten_thousand_subscribes_keep_nobody_waiting(push: Push) -> None:
    async def flood(browser: ClientConnection) -> int:
        for _ in range(10_000):
            await say(browser, type="subscribe", topic=A1)
        return 10_000

    async def drain(browser: ClientConnection) -> int:
        for _ in range(10_000):
            assert (await hear(browser))["type"] == "snapshot"
        return 10_000

    async with (
        push.browser(await push.sign_in("a1")) as noisy,
        push.browser(await push.sign_in("a2")) as calm,
    ):
        await say(calm, type="subscribe", topic="agent:a2")
        await hear(calm)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(flood(noisy))
            drained = tasks.create_task(drain(noisy))
            while not drained.done():
                push.hub.publish(agent_topic(AgentId("a2")), "call.ended", b"1", AT)
                assert (await hear(calm))["type"] == "call.ended"
        assert push.hub.subscribers(A1) == 1, "once is as often as ten thousand times"
    await gone(push)
    assert push.hub.subscribers(A1) == 0
    await is_well(push)


async def test_whoever_floods_and_does_not_listen_is_let_go(push: Push) -> None:
    push.hub.provide_snapshot("agent", lambda topic: b'"' + b"x" * 65_536 + b'"')
    async with push.browser(await push.sign_in("a1"), max_queue=1) as deaf:
        try:
            async with asyncio.timeout(30):
                while True:
                    await say(deaf, type="subscribe", topic=A1)
                    await asyncio.sleep(0)  # the server runs on the same loop
        except ConnectionClosed:
            pass
        assert await closing(deaf) in (CloseCode.TOO_SLOW, 1006)
    assert push.sample("cti_push_closed_total", code="4008") == 1
    await gone(push)


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/0.9\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nX\r\n: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nCookie: \xff\xfe\r\nOrigin: \xff\r\nUpgrade: websocket\r\n\r\n",
    ],
)
async def test_what_is_no_handshake_is_ended(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, request_: bytes
) -> None:
    """Who says nothing, or goes on and on, holds a socket no longer than a handshake may last."""
    monkeypatch.setattr(server, "OPEN_TIMEOUT_S", 0.2)
    push = Push(sessions)
    async with push.running():
        reader, writer = await asyncio.open_connection("127.0.0.1", push.port)
        writer.write(request_)
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
        assert not answer.startswith(b"HTTP/1.1 101")
        await is_well(push)


@pytest.mark.parametrize(
    "cookie",
    [
        f"{COOKIE}=",
        f"{COOKIE}=" + "x" * 4000,
        f"{COOKIE}=../../etc/passwd",
        f"{COOKIE}=*",
        f"{COOKIE}=session:*",
        f"{COOKIE}=\xff\xfe",
        f"{COOKIE}",
        ";" * 2000,
        f"{COOKIE.upper()}=" + "x" * 43,
    ],
)
async def test_a_cookie_that_is_no_session_lets_nobody_in(push: Push, cookie: str) -> None:
    async with push.browser(None, more=[("Cookie", cookie)]) as browser:
        assert await closing(browser) == CloseCode.NOT_SIGNED_IN
    assert push.sample("cti_push_closed_total", code="4001") == 1
