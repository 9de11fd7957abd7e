"""What the tests of the AMI source share: a source that follows, what it said, a cable that can fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

from pydantic import SecretStr

from cti_bridge.calls import events as ev
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.clock import Clock
from cti_bridge.pbx.ami_client import AmiSource
from cti_bridge.settings import PbxSettings
from cti_bridge.simulator import SimQueue, Simulator
from cti_bridge.telemetry import Telemetry

E = TypeVar("E")
SECRET = "good-secret"
PHONES = [("PJSIP/1001", "川村 由紀"), ("PJSIP/1002", "大森 恵")]
QUEUES = {"orders": SimQueue(members=["PJSIP/1001", "PJSIP/1002"])}


class Heard:
    """Everything a source handed on, and a way to wait for something in it."""

    def __init__(self) -> None:
        self.events: list[ev.CallEvent] = []
        self.read_ns: list[int] = []
        self._more = asyncio.Event()

    def __call__(self, events: Sequence[ev.CallEvent], read_ns: int) -> None:
        self.events += events
        self.read_ns += [read_ns] * len(events)
        self._more.set()

    def of(self, kind: type[E]) -> list[E]:
        """What was heard of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, kind: type[E], count: int = 1) -> list[E]:
        """Wait until so many events of a kind were heard; answers them."""
        async with asyncio.timeout(20):
            while len(found := self.of(kind)) < count:
                self._more.clear()
                await self._more.wait()
        return found

    async def snapshot(self, number: int) -> Snapshot:
        """The snapshot of that number, the first is 1."""
        return (await self.until(Snapshot, number))[number - 1]


def simulator(port: int = 0) -> AbstractAsyncContextManager[Simulator]:
    return Simulator.listening(port=port, secret=SECRET, agents=PHONES, queues=QUEUES)


@asynccontextmanager
async def following(port: int, **changes: object) -> AsyncIterator[tuple[Heard, AmiSource, Telemetry]]:
    """A source that follows the PBX at a port while the block lasts."""
    values = {"name": "main", "port": port, "secret": SecretStr(SECRET), "ping_interval_s": 0.2, **changes}
    telemetry = Telemetry()
    source = AmiSource(PbxSettings(**values), Clock(), telemetry)  # type: ignore[arg-type]
    heard = Heard()
    task = asyncio.create_task(source.run(heard))
    try:
        yield heard, source, telemetry
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def skipped(telemetry: Telemetry, reason: str) -> float:
    """How much was skipped for a reason."""
    labels = {"pbx": "main", "reason": reason}
    return telemetry.registry.get_sample_value("cti_source_skipped_total", labels) or 0.0


class Cable:
    """A TCP link to a port a test can cut, stall, halve, dirty. ``joined``: how often it was taken."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._links: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = []
        self._flows = asyncio.Event()
        self._flows.set()
        self._is_halved = False
        self._is_unplugged = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.joined = 0

    async def __aenter__(self) -> Cable:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_unplugged:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.transport.abort()
            return
        self.joined += 1
        self._links.append((writer, far_writer))
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._carry(source, sink))
            self._tasks.add(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
        except ConnectionError:
            pass
        if not self._is_halved:
            writer.close()

    def cut(self) -> None:
        """End every link at once, and let new ones be made."""
        for pair in self._links:
            for writer in pair:
                writer.transport.abort()
        self._links.clear()

    def unplug(self) -> None:
        """End every link at once, and let none be made."""
        self._is_unplugged = True
        self.cut()

    def stall(self) -> None:
        """Let nothing through any more, without a word to either side."""
        self._flows.clear()

    def flow(self) -> None:
        """Let it through again."""
        self._flows.set()

    def halve(self) -> None:
        """Let the PBX see the link end, and the source not."""
        self._is_halved = True
        for _, far_writer in self._links:
            far_writer.transport.abort()

    def mend(self) -> None:
        """All is well again."""
        self._is_halved = self._is_unplugged = False
        self.flow()

    def dirty(self, data: bytes) -> None:
        """Put bytes of our own into the stream to the source."""
        self._links[-1][0].write(data)


class Scripted:
    """An AMI server that says what a test has it say: ``answer`` of an action's name, else an empty list."""

    def __init__(self, answer: Callable[[str, str], bytes | None] = lambda name, action_id: None) -> None:
        self._answer = answer
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: list[asyncio.Task[None] | None] = []
        self.asked: list[str] = []
        self.port = 0

    async def __aenter__(self) -> Scripted:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*(task for task in self._tasks if task), return_exceptions=True)
        self._server.close()
        await self._server.wait_closed()

    def say(self, data: bytes) -> None:
        """Send to whoever connected last."""
        self._writers[-1].write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.append(asyncio.current_task())
        self._writers.append(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        while request := (await reader.readuntil(b"\r\n\r\n")).decode():
            headers = dict(line.split(": ", 1) for line in request.strip().split("\r\n"))
            self.asked.append(headers["Action"])
            writer.write(self._reply(headers["Action"], headers["ActionID"]))

    def _reply(self, name: str, action_id: str) -> bytes:
        said = self._answer(name, action_id)
        if said is not None:
            return said
        if name in {"Login", "Ping"}:
            booted = "Event: FullyBooted\r\n\r\n" if name == "Login" else ""
            return f"Response: Success\r\nActionID: {action_id}\r\n\r\n{booted}".encode()
        return listed(name, action_id)


def listed(name: str, action_id: str, *items: str) -> bytes:
    """A list's answer. ``items`` are whole blocks' lines, in which ``{id}`` is the ActionID."""
    body = "".join(item.replace("{id}", action_id) + "\r\n\r\n" for item in items)
    return (
        f"Response: Success\r\nActionID: {action_id}\r\nEventList: start\r\n\r\n{body}"
        f"Event: {name}Complete\r\nActionID: {action_id}\r\nEventList: Complete\r\n"
        f"ListItems: {len(items)}\r\n\r\n"
    ).encode()
