"""The AMI source (P1 P5): snapshot at every connection, faults told and survived, reconnection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from pydantic import SecretStr

from cti_bridge.calls import events as ev
from cti_bridge.clock import Clock
from cti_bridge.errors import Refused
from cti_bridge.pbx.ami_client import AmiSource
from cti_bridge.settings import PbxSettings
from cti_bridge.simulator import SimQueue, Simulator
from cti_bridge.telemetry import Telemetry
from tests.loopback import free_port

SECRET = "good-secret"
PHONES = [("PJSIP/1001", "川村 由紀"), ("PJSIP/1002", "大森 恵")]
QUEUES = {"orders": SimQueue(members=["PJSIP/1001", "PJSIP/1002"])}


class Heard:
    """Everything a source handed on, and a way to wait for something in it."""

    def __init__(self) -> None:
        self.events: list[ev.CallEvent] = []
        self._more = asyncio.Condition()

    def __call__(self, events: Sequence[ev.CallEvent], read_ns: int) -> None:
        self.events += events
        asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        async with self._more:
            self._more.notify_all()

    async def until(self, kind: type[ev.CallEvent], count: int = 1) -> list[ev.CallEvent]:
        """Wait until so many events of a kind were heard; answers them."""
        async with asyncio.timeout(20), self._more:
            while len(found := [event for event in self.events if isinstance(event, kind)]) < count:
                await self._more.wait()
        return found


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


@asynccontextmanager
async def serving(reply: bytes) -> AsyncIterator[int]:
    """A server that says ``reply`` to whoever connects and then keeps silent; its port."""
    open_writers: list[asyncio.StreamWriter] = []

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.append(writer)
        writer.write(reply)

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for writer in open_writers:
            writer.close()
        server.close()
        await server.wait_closed()


class Cable:
    """A TCP link between source and PBX that a test can cut, stall and dirty."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._links: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = []
        self._flows = asyncio.Event()
        self._flows.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

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
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
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
        writer.close()

    def cut(self) -> None:
        """End every link at once."""
        for pair in self._links:
            for writer in pair:
                writer.transport.abort()
        self._links.clear()

    def stall(self) -> None:
        """Let nothing through any more, without a word to either side."""
        self._flows.clear()

    def flow(self) -> None:
        """Let it through again."""
        self._flows.set()

    def dirty(self, data: bytes) -> None:
        """Put bytes of our own into the stream to the source."""
        self._links[-1][0].write(data)


async def test_the_first_event_is_a_snapshot_of_everything() -> None:
    async with simulator() as pbx, following(pbx.port) as (heard, source, _):
        await heard.until(ev.Snapshot)
        first = heard.events[0]
        assert isinstance(first, ev.Snapshot)
        assert source.is_connected
        assert [queue.queue for queue in first.queues] == ["orders"]
        assert {member.endpoint for member in first.members} == {"PJSIP/1001", "PJSIP/1002"}
        assert dict(first.devices)[ev.Endpoint("PJSIP/1001")] is ev.DeviceUse.IDLE


async def test_a_call_under_way_is_in_the_snapshot() -> None:
    async with simulator() as pbx:
        call = pbx.call("0312345678", "佐藤")
        call.answer("PJSIP/1002")
        async with following(pbx.port) as (heard, _, _):
            (shot,) = await heard.until(ev.Snapshot)
            assert isinstance(shot, ev.Snapshot)
            assert {channel.endpoint for channel in shot.channels if channel.bridge} >= {"PJSIP/1002"}
            assert any(channel.caller_number == "0312345678" for channel in shot.channels)
            call.hang_up()
            await heard.until(ev.ChannelEnded, 2)


async def test_a_cut_is_told_and_the_next_connection_begins_with_a_snapshot() -> None:
    async with simulator() as pbx, Cable(pbx.port) as cable, following(cable.port) as (heard, _, _):
        await heard.until(ev.Snapshot)
        cable.cut()
        await heard.until(ev.SourceLost)
        await heard.until(ev.Snapshot, 2)
        lost = next(i for i, event in enumerate(heard.events) if isinstance(event, ev.SourceLost))
        assert isinstance(heard.events[lost + 1], ev.Snapshot)


async def test_a_link_that_dies_without_a_word_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cti_bridge.pbx.ami_client.ANSWER_TIMEOUT_S", 0.5)
    async with simulator() as pbx, Cable(pbx.port) as cable, following(cable.port) as (heard, _, _):
        await heard.until(ev.Snapshot)
        cable.stall()
        (lost,) = await heard.until(ev.SourceLost)
        assert isinstance(lost, ev.SourceLost)
        assert "ping" in lost.cause
        cable.flow()
        await heard.until(ev.Snapshot, 2)


async def test_dirt_in_the_stream_is_counted_and_the_connection_lives() -> None:
    async with (
        simulator() as pbx,
        Cable(pbx.port) as cable,
        following(cable.port) as (heard, source, telemetry),
    ):
        await heard.until(ev.Snapshot)
        cable.dirty(b"\r\n\r\n\x00\xff what is this \xfe\r\n\r\n")
        cable.dirty(b"Event: Hangup\r\nUniqueid: 1\r\n\r\n")
        cable.dirty(b"Event: " + b"x" * 200_000 + b"\r\n\r\n")
        call = pbx.call("0312345678", "佐藤")
        await heard.until(ev.ChannelRang, 2)
        call.hang_up()
        await heard.until(ev.QueueAbandoned)
        sample = telemetry.registry.get_sample_value
        reasons = {
            reason: sample("cti_source_skipped_total", {"pbx": "main", "reason": reason})
            for reason in ("garbage", "incomplete", "overlong")
        }
        assert reasons == {"garbage": 1, "incomplete": 1, "overlong": 1}
        assert source.is_connected
        assert not any(isinstance(event, ev.SourceLost) for event in heard.events)


async def test_a_wrong_secret_at_the_start_is_refused() -> None:
    async with simulator() as pbx:
        settings = PbxSettings(name="main", port=pbx.port, secret=SecretStr("wrong"))
        source = AmiSource(settings, Clock(), Telemetry())
        with pytest.raises(Refused, match=r"pbx\.main.*Authentication failed"):
            async with asyncio.timeout(20):
                await source.run(Heard())


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x03\x00\x02"]
)
async def test_another_server_at_the_port_is_retried_not_believed(greeting: bytes) -> None:
    async with serving(greeting) as port, following(port) as (heard, source, telemetry):
        async with asyncio.timeout(20):
            while telemetry.registry.get_sample_value("cti_source_connected", {"pbx": "main"}) is None:
                await asyncio.sleep(0.01)
        assert not source.is_connected
        assert heard.events == []


async def test_a_pbx_that_comes_later_is_found() -> None:
    port = free_port()
    async with following(port) as (heard, _, telemetry):
        async with asyncio.timeout(20):
            while telemetry.registry.get_sample_value("cti_source_connected", {"pbx": "main"}) is None:
                await asyncio.sleep(0.01)
        async with simulator(port):
            await heard.until(ev.Snapshot)
