"""The floor of ``end_to_end``: the least that could take a ring from a PBX to a browser.

A process of its own on uvloop. It finds the ring in the PBX's bytes without parsing anything else, asks Redis
for the caller's card on one connection with bare hiredis, and writes one WebSocket frame around the card's
bytes. It keeps no state, checks nothing, and answers no other need.

Run as ``python -m benchmarks.relay AMI_PORT REDIS_PATH_OR_PORT``; prints the port of its WebSocket listener.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections import deque
from typing import cast

import hiredis
import uvloop

from benchmarks import websocket

_RING = b"Event: Newstate\r\n"
_RINGING = b"\r\nChannelState: 5\r\n"
_AGENT = b"\r\nCallerIDNum: "
_CALLER = b"\r\nConnectedLineNum: "
_LOGIN = b"Action: Login\r\nUsername: cti-bridge\r\nSecret: bench-only\r\nEvents: call,agent,system\r\n\r\n"


class Browsers(asyncio.Protocol):
    """The browsers' side: one socket an agent, named by its path."""

    sockets: dict[bytes, asyncio.Transport] = {}  # noqa: RUF012 - one relay, one process

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"GET "):
            path, answer = websocket.accept(data)
            self.sockets[path[1:].encode()] = self._transport
            self._transport.write(answer)


class Cards(asyncio.Protocol):
    """Redis: requests in order, answers in order."""

    def __init__(self) -> None:
        self._reader = hiredis.Reader()
        self._waiting: deque[tuple[asyncio.Transport, bytes]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def show(self, browser: asyncio.Transport, number: bytes) -> None:
        """Send the card of ``number`` to ``browser`` when it comes."""
        self._waiting.append((browser, number))
        self._transport.write(b"*2\r\n$3\r\nGET\r\n$%d\r\ncard:%b\r\n" % (5 + len(number), number))

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        while (card := self._reader.gets()) is not False:
            browser, number = self._waiting.popleft()
            payload = b'{"type":"call.offered","data":{"call":{"caller":{"e164":"%b"}},"card":%b}}' % (
                number,
                card if isinstance(card, bytes) else b"null",
            )
            browser.write(websocket.server_frame(payload))


class Pbx(asyncio.Protocol):
    """The PBX's side: finds rings."""

    def __init__(self, cards: Cards) -> None:
        self._cards = cards
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(_LOGIN)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        at = 0
        while (at := data.find(_RING, at)) >= 0:
            end = data.find(b"\r\n\r\n", at)
            if end < 0:
                break
            if data.find(_RINGING, at, end) >= 0:
                self._ring(data[at:end])
            at = end
        # Keep the ring that is not whole yet, or else whatever follows the last event's end.
        self._rest = data[at:] if at >= 0 else data[max(0, data.rfind(b"\r\n\r\n")) :]

    def _ring(self, block: bytes) -> None:
        agent = block[block.index(_AGENT) + len(_AGENT) :].split(b"\r", 1)[0]
        number = block[block.index(_CALLER) + len(_CALLER) :].split(b"\r", 1)[0]
        browser = Browsers.sockets.get(agent)
        if browser is not None:
            self._cards.show(browser, b"+81" + number[1:])


async def _run(ami_port: int, redis: str) -> None:
    loop = asyncio.get_running_loop()
    if redis.startswith("/"):
        _, cards = await loop.create_unix_connection(Cards, redis)
    else:
        _, cards = await loop.create_connection(Cards, "127.0.0.1", int(redis))
    server = await loop.create_server(Browsers, "127.0.0.1", 0)
    await loop.create_connection(lambda: Pbx(cards), "127.0.0.1", ami_port)
    print(server.sockets[0].getsockname()[1], flush=True)
    gc.collect()
    gc.disable()
    await loop.connect_read_pipe(lambda: _UntilEnd(loop), sys.stdin)
    await server.serve_forever()


class _UntilEnd(asyncio.Protocol):
    """Ends the process with the one that started it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def connection_lost(self, exc: Exception | None) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()


if __name__ == "__main__":
    with contextlib.suppress(asyncio.CancelledError):
        uvloop.run(_run(int(sys.argv[1]), sys.argv[2]))
