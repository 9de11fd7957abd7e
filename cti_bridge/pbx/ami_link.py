"""One TCP link to an Asterisk: reads whatever comes at once, works through it in bounded turns.

Asterisk drops a client that does not read: silently, once about 4 MB wait for
longer than ``writetimeout``. So reading never waits for the work. What cannot
be worked through within a turn waits here; when too much waits it is dropped,
all of it, and whoever listens is told to look at the whole anew.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, cast

from cti_bridge.clock import Clock
from cti_bridge.errors import PeerError
from cti_bridge.pbx.ami_message import AmiReader, Block

# A turn of the event loop: sockets of browsers and stores wait no longer than this for the PBX.
TURN_NS = 5_000_000
# 40,000 blocks of 400 bytes, one to two seconds of work at the 25 to 50 microseconds a block costs.
MAX_WAITING_BYTES = 16 << 20


class Listener(Protocol):
    """Takes what a link brings."""

    def read(self, blocks: list[Block], size_bytes: int, skipped: Counter[str]) -> None:
        """So much was read just now; the blocks follow one by one through ``take``.

        ``skipped`` counts what was no block, by reason, until it is cleared.
        """

    def take(self, block: Block, read_at_s: float, read_ns: int) -> None:
        """The next block, in order, with the wall and monotonic time at which it was read."""

    def overrun(self, blocks: Iterator[Block]) -> None:
        """These blocks, all that waited, will not be given to ``take``."""


@dataclass(slots=True)
class _Read:
    """What one read brought and is still to be worked through."""

    blocks: Iterator[Block]
    size_bytes: int
    at_s: float
    at_ns: int


class AmiLink(asyncio.Protocol):
    """The transport's side of one connection. ``lost`` becomes the cause once it is gone.

    What was read before the other side closed is worked through before ``lost``
    is set; ``close`` throws it away. ``last_read_ns``: when bytes came last.
    """

    def __init__(self, listener: Listener, clock: Clock) -> None:
        self._listener = listener
        self._clock = clock
        self._transport: asyncio.Transport | None = None
        self._reads: deque[_Read] = deque()
        self._waiting_bytes = 0
        self._is_turn_due = False
        self._cause: str | None = None
        self.reader = AmiReader()
        self.last_read_ns = clock.ticks_ns()
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @property
    def is_behind(self) -> bool:
        """Whether blocks that were read wait to be worked through."""
        return bool(self._reads)

    def write(self, data: bytes) -> None:
        """Send, unless the link is gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self, cause: str) -> None:
        """End the link at once."""
        self._reads.clear()
        self._waiting_bytes = 0
        if self._transport is not None:
            self._transport.abort()
        if not self.lost.done():
            self.lost.set_result(cause)

    # --- what the transport calls -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The link stands."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes came: at once to work when nothing waits before them, else behind what waits."""
        read_ns = self.last_read_ns = self._clock.ticks_ns()
        try:
            blocks = self.reader.feed(data)
        except PeerError as error:
            self.close(str(error))
            return
        self._listener.read(blocks, len(data), self.reader.skipped)
        self._reads.append(_Read(iter(blocks), len(data), self._clock.now_s(), read_ns))
        self._waiting_bytes += len(data)
        if self._waiting_bytes > MAX_WAITING_BYTES:
            dropped = [block for read in self._reads for block in read.blocks]
            self._reads.clear()
            self._waiting_bytes = 0
            self._listener.overrun(iter(dropped))
        elif not self._is_turn_due:
            self._work()

    def connection_lost(self, exc: Exception | None) -> None:
        """The link is gone: what it brought is worked through first."""
        self._cause = str(exc) if exc else "the PBX closed the connection"
        if not self._reads:
            self.close(self._cause)

    def _work(self) -> None:
        """Work through what waits, for one turn; the rest comes in the next, after what else is due."""
        take, ticks_ns = self._listener.take, self._clock.ticks_ns
        self._is_turn_due = False
        end_ns = ticks_ns() + TURN_NS
        try:
            while self._reads:
                read = self._reads[0]
                for block in read.blocks:
                    take(block, read.at_s, read.at_ns)
                    # The work itself may have closed the link.
                    if ticks_ns() > end_ns or not self._reads:
                        return
                self._waiting_bytes -= self._reads.popleft().size_bytes
        finally:
            # Also after a fault in the work: what waits behind it must not wait for ever.
            if self._reads:
                self._is_turn_due = True
                asyncio.get_running_loop().call_soon(self._work)
            elif self._cause is not None:
                self.close(self._cause)
