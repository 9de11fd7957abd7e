"""A PBX's bytes to a frame in another process: the bridge beside the least relay that could do it.

The time runs from the moment the simulated PBX writes a ring (Newstate Ringing) to the arrival of the frame
with the call and its card at the subscriber. Bridge and relay are measured in turn, round by round, with the
same calls, cards and Redis, each behind a simulated PBX of its own.
"""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import sys
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

from benchmarks.centre import MEMBERS, QUEUES, SECRET, USER, Centre, agents, bridge, centre, queues
from benchmarks.report import Row, Target, median, quantile, show
from cti_bridge.simulator import Simulator
from cti_bridge.simulator.blocks import NEW_STATE
from cti_bridge.simulator.exchange import Call, Exchange
from cti_bridge.simulator.journal import Happened
from cti_bridge.simulator.plant import Caller
from cti_bridge.storage import redis

ROUNDS = 5
SECONDS = 1.0
RATES = (100, 500)
WARM_UP_CALLS_PER_S = 200
# A call lives this long after it rings: a hundred queues of three can take five hundred such calls a second.
RING_S, TALK_S = 0.08, 0.04
AUDIO_WAIT_S = 0.5
LAST_FRAME_S = 2.0
SETTLE_S, PROMPT_MS = 4.0, 20.0
_RINGING = b"\r\nChannelState: 5\r\n"

# What each shape of call measures, and its targets for p50 and p99.
SHAPES: dict[str, tuple[str, Target, Target]] = {
    "direct": ("direct call, card fetched at the ring", Target(2.3), Target(2.0)),
    "ring": ("queue call, card fetched at the ring", Target(2.75), Target(2.75)),
    "wait": ("queue call, card fetched before the ring", Target(1.1), Target(1.1)),
}


@dataclass(slots=True)
class Result:
    """One segment: every frame's milliseconds, how many came without the card, rings without a frame.

    A bridge that is behind sends no frame for a ring that is over by the time it reads of it.
    """

    latencies_ms: list[float] = field(default_factory=list)
    lost: int = 0
    bare: int = 0


class Line:
    """One PBX and the subscriber behind whatever stands between them."""

    def __init__(
        self,
        simulator: Simulator,
        rings: Rings,
        subscriber: asyncio.subprocess.Process,
        callers: Sequence[Caller],
    ) -> None:
        self._simulator = simulator
        self._rings = rings
        self._subscriber = subscriber
        self._callers = deque(callers)
        self._endpoints = list(agents())

    async def play(self, shape: str, rate: float, calls: int) -> Result:
        """Play so many calls of one shape, and match rings with frames."""
        gc.collect()
        self._rings.clear()
        self._simulator.do(
            lambda exchange, at_s: _play(exchange, at_s + 0.05, shape, rate, calls, self._callers)
        )
        await asyncio.sleep(0.05 + calls / rate + (AUDIO_WAIT_S if shape == "wait" else 0.0) + RING_S)
        written = self._rings.taken()
        arrivals = await self._collect()
        deadline_s = time.monotonic() + LAST_FRAME_S
        while len(arrivals) < sum(map(len, written.values())) and time.monotonic() < deadline_s:
            await asyncio.sleep(0.1)
            arrivals += await self._collect()
        result = Result()
        for number, e164, arrived_ns, has_card in arrivals:
            times = written.get((self._endpoints[number], e164))
            if times:
                result.latencies_ms.append((arrived_ns - times.popleft()) / 1e6)
                result.bare += not has_card
        result.lost = sum(map(len, written.values()))
        return result

    async def settle(self) -> None:
        """Wait until what was left over from before is done: until single calls come through at once."""
        deadline_s = time.monotonic() + SETTLE_S
        prompt = 0
        while prompt < 3 and time.monotonic() < deadline_s:
            result = await self.play("direct", 100, 1)
            is_prompt = result.lost == 0 and result.latencies_ms[0] < PROMPT_MS
            prompt = prompt + 1 if is_prompt else 0

    async def _collect(self) -> list[tuple[int, str, int, bool]]:
        assert self._subscriber.stdin is not None
        assert self._subscriber.stdout is not None
        self._subscriber.stdin.write(b"collect\n")
        async with asyncio.timeout(30):
            found: list[tuple[int, str, int, bool]] = json.loads(await self._subscriber.stdout.readline())
        return found


class Rings:
    """Notes when rings are written: the simulator's ``on_write``."""

    def __init__(self) -> None:
        self._noted: list[tuple[int, bytes]] = []

    def note(self, happened: Sequence[Happened]) -> None:
        rings = [block for _, block in happened if block.startswith(NEW_STATE.text) and _RINGING in block]
        now_ns = time.perf_counter_ns()
        self._noted += [(now_ns, block) for block in rings]

    def clear(self) -> None:
        self._noted.clear()

    def taken(self) -> dict[tuple[str, str], deque[int]]:
        """When each agent's telephone was rung by each number, oldest first."""
        found: dict[tuple[str, str], deque[int]] = defaultdict(deque)
        for at_ns, block in self._noted:
            headers = dict(line.partition(": ")[::2] for line in block.decode().split("\r\n"))
            number = "+81" + headers["ConnectedLineNum"][1:]
            found[f"PJSIP/{headers['CallerIDNum']}", number].append(at_ns)
        return found


def _play(
    exchange: Exchange, at_s: float, shape: str, rate: float, count: int, callers: deque[Caller]
) -> None:
    """Put ``count`` calls of one shape into the agenda, spread evenly over queues and time."""
    endpoints = list(exchange.layout.agents)

    def begin(due_s: float, n: int) -> None:
        caller = callers[0]
        callers.rotate(-1)
        to = endpoints[n * MEMBERS % len(endpoints)] if shape == "direct" else f"{shape}{n % QUEUES}"
        exchange.call(due_s, caller, to)

    def rang(due_s: float, call: Call, ringing: Sequence[str]) -> None:
        chosen = ringing[len(ringing) // 2]
        exchange.at(due_s + RING_S, lambda due_s: exchange.answer(due_s, call, chosen))
        exchange.at(due_s + RING_S + TALK_S, lambda due_s: exchange.hang_up(due_s, call))

    exchange.on_ring = rang
    for n in range(count):
        exchange.at(at_s + n / rate, lambda due_s, n=n: begin(due_s, n))  # type: ignore[misc]


@asynccontextmanager
async def _subscriber(port: int, sockets: list[dict[str, str]]) -> AsyncIterator[asyncio.subprocess.Process]:
    """The subscriber's process, every socket open."""
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "benchmarks.subscriber"]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=2**26)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"host": "127.0.0.1", "port": port, "sockets": sockets}).encode() + b"\n")
    async with asyncio.timeout(60):
        if await process.stdout.readline() != b"ready\n":
            raise SystemExit("the subscriber did not get ready")
    try:
        yield process
    finally:
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def _relay(ami_port: int, redis_url: str) -> AsyncIterator[int]:
    """The relay's process; gives its WebSocket port."""
    parts = urlsplit(redis_url)
    where = parts.path if parts.scheme == "unix" else str(parts.port or 6379)
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "benchmarks.relay", str(ami_port), where]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            port = int(await process.stdout.readline())
        yield port
    finally:
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def _bridge_line(
    folder: Path, place: Centre, logins: list[str], callers: Sequence[Caller]
) -> AsyncIterator[Line]:
    """PBX → bridge → subscriber."""
    async with AsyncExitStack() as stack:
        rings = Rings()
        simulator = await stack.enter_async_context(_pbx(rings))
        push_port = _free_port()
        await stack.enter_async_context(bridge(folder, place, simulator.port, _free_port(), push_port))
        wishes = [json.dumps({"type": "subscribe", "topic": f"agent:a{login}"}) for login in logins]
        browsers = [
            {"path": "/", "cookie": cookie, "say": wish}
            for wish, cookie in zip(wishes, place.cookies, strict=True)
        ]
        subscriber = await stack.enter_async_context(_subscriber(push_port, browsers))
        await simulator.listened_to()
        yield Line(simulator, rings, subscriber, callers)


@asynccontextmanager
async def _relay_line(place: Centre, logins: list[str], callers: Sequence[Caller]) -> AsyncIterator[Line]:
    """PBX → relay → subscriber."""
    async with AsyncExitStack() as stack:
        rings = Rings()
        simulator = await stack.enter_async_context(_pbx(rings))
        port = await stack.enter_async_context(_relay(simulator.port, place.redis_url))
        browsers = [{"path": f"/{login}", "cookie": "", "say": ""} for login in logins]
        subscriber = await stack.enter_async_context(_subscriber(port, browsers))
        await simulator.listened_to()
        yield Line(simulator, rings, subscriber, callers)


def _pbx(rings: Rings) -> AbstractAsyncContextManager[Simulator]:
    return Simulator.listening(
        user=USER, secret=SECRET, agents=agents(), queues=queues(), on_write=rings.note
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


async def _measure(folder: Path) -> None:
    async with AsyncExitStack() as stack:
        place: Centre = await stack.enter_async_context(centre(folder))
        callers = [Caller(number, name) for number, name in place.callers]
        logins = [endpoint.removeprefix("PJSIP/") for endpoint in agents()]
        bridge_line = await stack.enter_async_context(_bridge_line(folder, place, logins, callers))
        relay_line = await stack.enter_async_context(_relay_line(place, logins, callers))
        lines = {"bridge": bridge_line, "relay": relay_line}
        # Fills the cards' cache, which both sides then read.
        await bridge_line.play("ring", WARM_UP_CALLS_PER_S, len(callers))
        await relay_line.play("ring", WARM_UP_CALLS_PER_S, WARM_UP_CALLS_PER_S)
        size = await _card_bytes(place.redis_url)
        gc.collect()
        gc.freeze()
        gc.disable()
        found: dict[tuple[str, str, int], list[Result]] = defaultdict(list)
        for _ in range(ROUNDS):
            for shape in SHAPES:
                for rate in RATES:
                    for name, line in lines.items():
                        await line.settle()
                        found[name, shape, rate].append(await line.play(shape, rate, int(rate * SECONDS)))
        gc.enable()
        _report(found, size)


async def _card_bytes(redis_url: str) -> float:
    client = redis.connect(redis_url)
    try:
        sizes = [await client.strlen(key) async for key in client.scan_iter(match="card:*", count=1000)]
    finally:
        await client.aclose()
    return sum(sizes) / len(sizes)


def _report(found: dict[tuple[str, str, int], list[Result]], card_bytes: float) -> None:
    rows, notes = [], []
    for shape, (words, *targets) in SHAPES.items():
        for rate in RATES:
            ours, floor = found["bridge", shape, rate], found["relay", shape, rate]
            for share, target in zip((0.5, 0.99), targets, strict=True):
                rows.append(
                    Row(
                        f"{words}, {rate} calls/s, p{share * 100:.0f}",
                        median(quantile(result.latencies_ms, share) for result in ours),
                        "ms",
                        median(quantile(result.latencies_ms, share) for result in floor),
                        "relay",
                        target,
                    )
                )
            frames = sum(len(result.latencies_ms) for result in ours)
            lost, bare = sum(result.lost for result in ours), sum(result.bare for result in ours)
            relay_lost = sum(result.lost for result in floor)
            notes.append(
                f"{words}, {rate} calls/s: {frames} frames, {bare} of them without the card;"
                f" {lost} rings without a frame (relay: {relay_lost})"
            )
    notes.append(
        f"{QUEUES * MEMBERS} browsers, cards of {card_bytes:.0f} bytes; medians of {ROUNDS} rounds in turn"
    )
    show("PBX bytes → frame in another process", rows, notes)


def run() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="cti-bench-") as folder:
        # PostgreSQL never runs as root: where we do, it runs as a user who must get in.
        Path(folder).chmod(0o711)
        uvloop.run(_measure(Path(folder)))


if __name__ == "__main__":
    run()
