"""The heartbeat: a frame of our own to every browser, so that a page notices a link that died in silence.

A page's script cannot see the protocol's pings. The frame is built once. All
sockets at once would hold a ring up for as long as a thousand writes take
(5 ms), so they are beaten in turns: some every ``BEAT_INTERVAL_S / TURNS``.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec

from cti_bridge.push.envelope import BEAT_INTERVAL_S, Beat
from cti_bridge.push.frame import Frame, text_frame

TURNS = 30

BEAT = Frame("beat", 0, text_frame(msgspec.json.encode(Beat())))


class Beaten(Protocol):
    """A browser's socket."""

    def deliver(self, frame: Frame) -> None:
        """Take a frame, at once; must not raise."""


class Heartbeat:
    """Gives every socket a beat each ``interval_s``, from the moment it is added."""

    def __init__(self, interval_s: float = BEAT_INTERVAL_S) -> None:
        self._interval_s = interval_s
        self._turns: tuple[set[Beaten], ...] = tuple(set() for _ in range(TURNS))
        self._turn_of: dict[Beaten, set[Beaten]] = {}

    def add(self, socket: Beaten) -> None:
        """Beat ``socket`` now and from now on; it takes the turn with the fewest others."""
        turn = min(self._turns, key=len)
        turn.add(socket)
        self._turn_of[socket] = turn
        socket.deliver(BEAT)

    def remove(self, socket: Beaten) -> None:
        """Beat ``socket`` no more."""
        self._turn_of.pop(socket).discard(socket)

    async def run(self) -> None:
        """Beat until cancelled. Turns that time has run past are caught up with at once, each once."""
        loop = asyncio.get_running_loop()
        pause_s = self._interval_s / TURNS
        due_s = loop.time()
        while True:
            for turn in self._turns:
                due_s = max(due_s + pause_s, loop.time() - self._interval_s)
                await asyncio.sleep(due_s - loop.time())
                for socket in turn:
                    socket.deliver(BEAT)
