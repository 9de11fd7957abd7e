"""All browsers of ``sockets`` in one process: those that read, and those that read nothing once they follow.

Run as ``python -m benchmarks.listener``. The first line on its standard input is the plan
(``{"port", "sockets": [{"cookie", "topic", "is_stalled"}]}``); it answers ``ready`` when every socket follows
its topic. Then a line ``collect`` is answered with a list: the milliseconds since each frame was published.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import json
import re
import socket
import sys
import time
from typing import Any, cast

import uvloop

from benchmarks import websocket

_STAMP = re.compile(rb'"ns":(\d+)')
_HEAD_BYTES = 300
# What the kernel takes for a browser that reads nothing, so that a run need not last for minutes.
_STALLED_KERNEL_BYTES = 4096


class Browser(asyncio.Protocol):
    """One socket. ``is_ready`` is done when it follows its topic."""

    def __init__(self, opening: bytes, topic: str, is_stalled: bool, latencies_ms: list[float]) -> None:
        self._opening, self._is_stalled, self._latencies_ms = opening, is_stalled, latencies_ms
        self._wish = json.dumps({"type": "subscribe", "topic": topic}).encode()
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
            self._transport.write(websocket.client_frame(websocket.TEXT, self._wish))
        for opcode, payload in self._frames.feed(data):
            if opcode == websocket.PING:
                self._transport.write(websocket.client_frame(websocket.PONG, payload))
            elif stamp := _STAMP.search(payload, 0, _HEAD_BYTES):
                self._latencies_ms.append((now_ns - int(stamp[1])) / 1e6)
            elif b'"type":"snapshot"' in payload[:_HEAD_BYTES]:
                self.is_ready.set_result(None)
                if self._is_stalled:
                    self._transport.pause_reading()


async def _run() -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    plan: dict[str, Any] = json.loads(await lines.readline())
    latencies_ms: list[float] = []
    # The loop does not hold those that read nothing: they would be collected, and their sockets closed.
    browsers: list[Browser] = []
    for each in plan["sockets"]:
        opening = websocket.request("127.0.0.1", plan["port"], "/", each["cookie"])
        make = functools.partial(Browser, opening, each["topic"], each["is_stalled"], latencies_ms)
        link = socket.socket()
        if each["is_stalled"]:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _STALLED_KERNEL_BYTES)
        link.setblocking(False)
        await loop.sock_connect(link, ("127.0.0.1", plan["port"]))
        _, browser = await loop.create_connection(make, sock=link)
        async with asyncio.timeout(10):
            await browser.is_ready
        browsers.append(browser)
    gc.collect()
    gc.disable()
    print("ready", flush=True)
    while await lines.readline():
        print(json.dumps(latencies_ms), flush=True)
        latencies_ms.clear()


if __name__ == "__main__":
    uvloop.run(_run())
