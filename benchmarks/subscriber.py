"""All browsers of ``end_to_end`` in one process: counts call.offered frames and notes when each came.

Run as ``python -m benchmarks.subscriber``. The first line on its standard input is the plan
(``{"host", "port", "sockets": [{"path", "cookie", "say"}]}``); it answers ``ready`` when every socket is open
and, where it said something, was answered. Then every line ``collect`` is answered with all that came since:
``[[socket, e164, nanoseconds, has_card], …]`` by the monotonic clock that processes of one machine share.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import json
import sys
import time
from typing import Any, cast

import uvloop

from benchmarks import websocket

_OFFERED = b'"type":"call.offered"'
_BEAT = b'{"type":"beat"'
_HAS_NO_CARD = b'"card":null'
_E164 = b'"e164":"'
_HEAD_BYTES = 300

Arrival = tuple[int, str, int, bool]


class Browser(asyncio.Protocol):
    """One socket. ``is_ready`` is done when it follows its topic."""

    def __init__(self, number: int, opening: bytes, say: str, arrivals: list[Arrival]) -> None:
        self._number, self._opening, self._say, self._arrivals = number, opening, say, arrivals
        self._frames: websocket.Frames | None = None
        self.is_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._opening)

    def data_received(self, data: bytes) -> None:
        now_ns = time.perf_counter_ns()
        if self._frames is None:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end or b" 101 " not in head.split(b"\r\n", 1)[0]:
                raise ConnectionError(head[:100])
            self._frames = websocket.Frames()
            if self._say:
                self._transport.write(websocket.client_frame(websocket.TEXT, self._say.encode()))
            else:
                self.is_ready.set_result(None)
        for opcode, payload in self._frames.feed(data):
            if opcode == websocket.PING:
                self._transport.write(websocket.client_frame(websocket.PONG, payload))
            elif opcode == websocket.TEXT and payload.find(_OFFERED, 0, _HEAD_BYTES) >= 0:
                at = payload.index(_E164) + len(_E164)
                e164 = payload[at : payload.index(b'"', at)].decode()
                self._arrivals.append((self._number, e164, now_ns, _HAS_NO_CARD not in payload))
            elif opcode == websocket.CLOSE:
                raise ConnectionError(f"socket {self._number} was closed: {payload!r}")
            elif not self.is_ready.done() and not payload.startswith(_BEAT):
                self.is_ready.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_ready.done():
            self.is_ready.set_exception(ConnectionError(f"socket {self._number} was closed"))


async def _run() -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    plan: dict[str, Any] = json.loads(await lines.readline())
    host, port = plan["host"], plan["port"]
    arrivals: list[Arrival] = []
    for number, socket in enumerate(plan["sockets"]):
        opening = websocket.request(host, port, socket["path"], socket["cookie"])
        make = functools.partial(Browser, number, opening, socket["say"], arrivals)
        _, browser = await loop.create_connection(make, host, port)
        async with asyncio.timeout(10):
            await browser.is_ready
    gc.collect()
    gc.disable()
    print("ready", flush=True)
    while await lines.readline():
        print(json.dumps(arrivals), flush=True)
        arrivals.clear()
        gc.collect()


if __name__ == "__main__":
    uvloop.run(_run())
