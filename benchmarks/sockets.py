"""A thousand browsers at one push server: what slow ones cost the others, and what the heartbeat costs.

Server and browsers are processes of their own. In one run 50 of the 1,000 browsers read nothing, in the other
they read like the rest; the same is published in both. The two are taken in turn.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.end_to_end import _free_port
from benchmarks.push_process import BUSY, BUSY_BYTES, BUSY_RATE, FRAME_BYTES, OTHERS, RATE
from benchmarks.report import Row, Target, median, quantile, show
from cti_bridge.agents.sessions import COOKIE, Sessions
from cti_bridge.calls.ids import AgentId
from cti_bridge.clock import Clock
from cti_bridge.push.connection import OUTGOING_BYTES
from cti_bridge.push.envelope import BEAT_INTERVAL_S
from cti_bridge.settings import SessionSettings
from cti_bridge.storage import redis
from cti_bridge.storage.embedded import EmbeddedValkey

ROUNDS = 3
# Up to 4 MB stand in the kernel before a stalled browser's queue begins to fill: it is full after 15 s.
SECONDS = 25.0
# Within which the library pings every browser once.
IDLE_S = 20.0
NEVER_S = 86_400.0
# What stalled browsers may hold until they are closed: a queue each and the frame that overfills it.
HELD_MIB = BUSY * (OUTGOING_BYTES + BUSY_BYTES) / 2**20


@dataclass(slots=True)
class Worker:
    """A process that answers each line with one of JSON."""

    process: asyncio.subprocess.Process

    async def ask(self, line: str) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        return json.loads(await self.read())

    async def read(self) -> bytes:
        assert self.process.stdout is not None
        async with asyncio.timeout(120):
            line = await self.process.stdout.readline()
        if not line:
            raise SystemExit("a process of the benchmark ended")
        return line


@asynccontextmanager
async def _worker(module: str, *arguments: object, plan: object = None) -> AsyncIterator[Worker]:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=2**26)
    worker = Worker(process)
    assert process.stdin is not None
    try:
        if plan is not None:
            process.stdin.write(json.dumps(plan).encode() + b"\n")
        if await worker.read() != b"ready\n":
            raise SystemExit(f"{module} did not get ready")
        yield worker
    finally:
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def _line(
    redis_url: str, cookies: dict[str, str], *, stalled: int = 0, beat_s: float = BEAT_INTERVAL_S
) -> AsyncIterator[tuple[Worker, Worker]]:
    """A push server and its browsers."""
    port = _free_port()
    sockets = [
        {"cookie": cookie, "topic": f"agent:{agent_id}", "is_stalled": agent_id in _busy()[:stalled]}
        for agent_id, cookie in cookies.items()
    ]
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(_worker("push_process", redis_url, port, beat_s))
        plan = {"port": port, "sockets": sockets}
        browsers = await stack.enter_async_context(_worker("listener", plan=plan))
        yield server, browsers


def _busy() -> list[str]:
    return [f"b{n}" for n in range(BUSY)]


async def _measure(folder: Path) -> None:
    valkey = EmbeddedValkey(folder)
    redis_url = await valkey.start()
    try:
        client = redis.connect(redis_url)
        sessions = Sessions(client, SessionSettings(), Clock())
        agents = [*(f"o{n}" for n in range(OTHERS)), *_busy()]
        cookies = {each: f"{COOKIE}={await sessions.create(AgentId(each), each, 'agent')}" for each in agents}
        await client.aclose()
        await _slow(redis_url, cookies)
        await _idle(redis_url, cookies)
    finally:
        await valkey.stop()


async def _slow(redis_url: str, cookies: dict[str, str]) -> None:
    found: dict[int, list[list[float]]] = {0: [], BUSY: []}
    grown: dict[int, list[float]] = {0: [], BUSY: []}
    closed = []
    for _ in range(ROUNDS):
        for stalled, latencies_ms in found.items():
            async with _line(redis_url, cookies, stalled=stalled) as (server, browsers):
                answer = await server.ask(f"publish {SECONDS}")
                latencies_ms.append(await browsers.ask("collect"))
            grown[stalled].append(answer["grown_mib"])
            if stalled:
                closed.append(answer["closed"])
    rows = [
        Row(
            f"frame to one of the others, p{share * 100:.0f}",
            median(quantile(each, share) for each in found[BUSY]),
            "ms",
            median(quantile(each, share) for each in found[0]),
            "none stalled",
            target,
        )
        for share, target in ((0.5, None), (0.99, Target(1.2)))
    ]
    more_mib = max(grown[BUSY]) - min(grown[0])
    rows.append(Row("memory for the stalled", more_mib, "MiB", HELD_MIB, "bound", Target(1.0)))
    expected = int(RATE * SECONDS)
    lost = [expected - len(each) for each in (*found[0], *found[BUSY])]
    notes = [
        f"{RATE} frames/s of {FRAME_BYTES} bytes to {OTHERS} browsers; to each of {BUSY}, stalled in one run"
        f" and not in the other, {BUSY_RATE * BUSY_BYTES // 1000} KB/s; medians of {ROUNDS} rounds in turn",
        f"closed with TOO_SLOW: {', '.join(f'{each:.0f}' for each in closed)} of {BUSY};"
        f" frames the others did not get: {lost}",
        f"memory grew by {median(grown[BUSY]):.0f} MiB, and with none stalled by {median(grown[0]):.0f} MiB:"
        " what the hub keeps for browsers that come back",
    ]
    show(f"{BUSY} stalled browsers among {OTHERS + BUSY}", rows, notes)


async def _idle(redis_url: str, cookies: dict[str, str]) -> None:
    found: dict[float, list[float]] = {BEAT_INTERVAL_S: [], NEVER_S: []}
    for _ in range(ROUNDS):
        for beat_s, cpu_ms in found.items():
            async with _line(redis_url, cookies, beat_s=beat_s) as (server, _):
                cpu_ms.append((await server.ask(f"idle {IDLE_S}"))["cpu_ms_per_s"])
    beaten, unbeaten = (median(each) for each in found.values())
    rows = [
        Row(f"{OTHERS + BUSY} idle browsers, CPU", beaten, "ms/s", unbeaten, "no heartbeat"),
        Row("the heartbeat alone", beaten - unbeaten, "ms/s"),
    ]
    show(
        "The heartbeat",
        rows,
        [f"a beat every {BEAT_INTERVAL_S} s to each; medians of {ROUNDS} rounds in turn"],
    )


def run() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="cti-bench-") as folder:
        Path(folder).chmod(0o711)
        uvloop.run(_measure(Path(folder)))


if __name__ == "__main__":
    run()
