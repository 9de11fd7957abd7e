"""The heartbeat (P5): every socket is beaten, in turns, from its opening to its end."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from cti_bridge.agents.sessions import Sessions
from cti_bridge.push import heartbeat, server
from cti_bridge.push.frame import Frame
from cti_bridge.push.heartbeat import BEAT, TURNS, Heartbeat
from tests.push.rig import Push, hear_anything


class Socket:
    def __init__(self, heard: asyncio.Queue[Socket]) -> None:
        self._heard = heard

    def deliver(self, frame: Frame) -> None:
        assert frame is BEAT
        self._heard.put_nowait(self)


async def test_a_beat_belongs_to_no_topic(push: Push) -> None:
    async with push.browser(await push.sign_in("a1")) as browser:
        assert await hear_anything(browser) == {"type": "beat", "v": 1}


async def test_beats_go_on_while_nothing_is_said(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "Heartbeat", lambda: Heartbeat(0.03))
    push = Push(sessions)
    async with push.running(), push.browser(await push.sign_in("a1")) as browser:
        assert [(await hear_anything(browser))["type"] for _ in range(5)] == ["beat"] * 5


async def test_every_socket_is_beaten_as_often_as_any_other() -> None:
    heard: asyncio.Queue[Socket] = asyncio.Queue()
    beats = Heartbeat(0.05)
    sockets = [Socket(heard) for _ in range(3 * TURNS + 1)]
    for socket in sockets:
        beats.add(socket)
    running = asyncio.create_task(beats.run())
    async with asyncio.timeout(10):
        counts = Counter([await heard.get() for _ in range(5 * len(sockets))])
    running.cancel()
    assert set(counts) == set(sockets)
    assert max(counts.values()) - min(counts.values()) <= 1


async def test_a_socket_that_left_is_beaten_no_more() -> None:
    heard: asyncio.Queue[Socket] = asyncio.Queue()
    beats = Heartbeat(0.01)
    gone, stays = Socket(heard), Socket(heard)
    for socket in (gone, stays):
        beats.add(socket)
        assert heard.get_nowait() is socket, "the first beat comes at once"
    beats.remove(gone)
    running = asyncio.create_task(beats.run())
    async with asyncio.timeout(10):
        assert [await heard.get() for _ in range(3)] == [stays] * 3
    running.cancel()


async def test_turns_are_small() -> None:
    """A thousand sockets at once would hold up a ring."""
    heard: asyncio.Queue[Socket] = asyncio.Queue()
    beats = Heartbeat()
    for _ in range(1000):
        beats.add(Socket(heard))
    assert max(map(len, beats._turns)) == -(-1000 // heartbeat.TURNS)
