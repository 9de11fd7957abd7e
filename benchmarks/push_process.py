"""The push server alone, a process of its own for ``sockets``: publishes as told, and tells what that took.

Run as ``python -m benchmarks.push_process REDIS_URL PORT BEAT_INTERVAL_S``. It prints ``ready``; then every
line on its standard input is done and answered with a line of JSON:

- ``publish SECONDS``: frames of 6 KB, each bearing the time it was published at, ``RATE`` a second, to the
  agents o0 … o949 in turn; and frames of 40 KB, ``BUSY_RATE`` a second, to each of b0 … b49.
- ``idle SECONDS``: nothing but what the server does by itself.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
import uvloop

from cti_bridge.agents.sessions import Sessions
from cti_bridge.calls.ids import AgentId
from cti_bridge.clock import Clock
from cti_bridge.push import server
from cti_bridge.push.heartbeat import Heartbeat
from cti_bridge.push.hub import LocalHub
from cti_bridge.push.server import PushServer
from cti_bridge.push.topics import agent_topic
from cti_bridge.settings import PushSettings, SessionSettings
from cti_bridge.storage import redis
from cti_bridge.telemetry import Telemetry

OTHERS, BUSY = 950, 50
RATE, FRAME_BYTES = 500, 6_000
BUSY_RATE, BUSY_BYTES = 10, 40_000
_PAGE_KB = resource.getpagesize() // 1024


class Place:
    """The server and its hub."""

    def __init__(self, hub: LocalHub, telemetry: Telemetry) -> None:
        self._hub = hub
        self._telemetry = telemetry
        self._others = [agent_topic(AgentId(f"o{n}")) for n in range(OTHERS)]
        self._busy = [agent_topic(AgentId(f"b{n}")) for n in range(BUSY)]

    async def publish(self, seconds: float) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        filler, bulk = b"x" * FRAME_BYTES, b'"' + b"x" * BUSY_BYTES + b'"'
        begin_s, most_mib, at = loop.time(), 0.0, datetime.now(UTC)
        memory_mib, closed = _memory_mib(), self._closed()
        every = RATE // (BUSY * BUSY_RATE)
        for number in range(int(seconds * RATE)):
            await asyncio.sleep(begin_s + number / RATE - loop.time())
            data = b'{"ns":%d,"x":"%b"}' % (time.perf_counter_ns(), filler)
            self._hub.publish(self._others[number % OTHERS], "call.offered", data, at)
            if number % every == 0:
                self._hub.publish(self._busy[number // every % BUSY], "call.offered", bulk, at)
                most_mib = max(most_mib, _memory_mib())
        return {"grown_mib": most_mib - memory_mib, "closed": self._closed() - closed}

    async def idle(self, seconds: float) -> dict[str, Any]:
        used_s = time.process_time()
        await asyncio.sleep(seconds)
        return {"cpu_ms_per_s": (time.process_time() - used_s) * 1000 / seconds}

    def _closed(self) -> float:
        return self._telemetry.registry.get_sample_value("cti_push_closed_total", {"code": "4008"}) or 0.0


def _memory_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_KB / 1024


async def _run(redis_url: str, port: int, beat_interval_s: float) -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    clock, telemetry, client = Clock(), Telemetry(), redis.connect(redis_url)
    hub = LocalHub(backlog_frames=512, clock=clock, telemetry=telemetry)
    hub.provide_snapshot("agent", lambda _topic: b"{}")
    server.Heartbeat = lambda: Heartbeat(beat_interval_s)  # type: ignore[misc,assignment]
    place = Place(hub, telemetry)
    async with asyncio.TaskGroup() as tasks:
        async with PushServer.listening(
            PushSettings(port=port),
            page_origins=frozenset(),
            hub=hub,
            sessions=Sessions(client, SessionSettings(), clock),
            on_ack=lambda topic, offset, received_ns: None,
            tasks=tasks,
            clock=clock,
            telemetry=telemetry,
        ):
            print("ready", flush=True)
            while line := (await lines.readline()).decode().split():
                verb, figure = line[0], float(line[1])
                gc.collect()
                answer = await (place.publish(figure) if verb == "publish" else place.idle(figure))
                print(json.dumps(answer), flush=True)
    await client.aclose()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    uvloop.run(_run(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
