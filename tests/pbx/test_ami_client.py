"""The AMI source (P1 P5): snapshot at every connection, faults told and survived, reconnection, a standby."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from cti_bridge.calls import events as ev
from cti_bridge.calls.ids import Endpoint
from cti_bridge.calls.queue_events import DeviceUse, QueueAbandoned
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.clock import Clock
from cti_bridge.errors import Refused
from cti_bridge.pbx.ami_client import AmiSource
from cti_bridge.pbx.ami_message import Block
from cti_bridge.pbx.ami_translate import AmiTranslator
from cti_bridge.settings import PbxSettings
from cti_bridge.telemetry import Telemetry
from tests.loopback import free_port
from tests.pbx.link import Cable, Heard, following, simulator, skipped


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


async def test_the_first_event_is_a_snapshot_of_everything() -> None:
    async with simulator() as pbx, following(pbx.port) as (heard, source, _):
        await heard.until(Snapshot)
        first = heard.events[0]
        assert isinstance(first, Snapshot)
        assert source.is_connected
        assert [queue.queue for queue in first.queues] == ["orders"]
        assert {member.endpoint for member in first.members} == {"PJSIP/1001", "PJSIP/1002"}
        assert dict(first.devices)[Endpoint("PJSIP/1001")] is DeviceUse.IDLE


async def test_a_call_under_way_is_in_the_snapshot() -> None:
    async with simulator() as pbx:
        call = pbx.call("0312345678", "佐藤")
        call.answer("PJSIP/1002")
        async with following(pbx.port) as (heard, _, _):
            (shot,) = await heard.until(Snapshot)
            assert isinstance(shot, Snapshot)
            assert {channel.endpoint for channel in shot.channels if channel.bridge} >= {"PJSIP/1002"}
            assert any(channel.caller_number == "0312345678" for channel in shot.channels)
            call.hang_up()
            await heard.until(ev.ChannelEnded, 2)


async def test_a_call_is_handed_on_in_order_each_event_with_the_time_it_was_read() -> None:
    blocks: list[Block] = []
    async with simulator() as pbx, following(pbx.port) as (heard, source, _):
        await heard.until(Snapshot)
        source.record_with(blocks.extend)
        began_ns = Clock().ticks_ns()
        call = pbx.call("0312345678", "佐藤")
        call.answer("PJSIP/1002")
        call.hold("PJSIP/1002")
        call.hang_up()
        await heard.until(ev.ChannelEnded, 3)
        translator = AmiTranslator(source.pbx)
        events = [translator.translate(block, Clock().now_s()) for block in blocks]
        assert heard.events[1:] == [event for event in events if event is not None]
        times_ns = heard.read_ns[1:]
        assert times_ns == sorted(times_ns)
        assert began_ns < times_ns[0] <= times_ns[-1] < Clock().ticks_ns()


async def test_a_cut_is_told_and_the_next_connection_begins_with_a_snapshot() -> None:
    async with simulator() as pbx, Cable(pbx.port) as cable, following(cable.port) as (heard, _, _):
        await heard.until(Snapshot)
        cable.cut()
        await heard.until(ev.SourceLost)
        await heard.until(Snapshot, 2)
        lost = next(i for i, event in enumerate(heard.events) if isinstance(event, ev.SourceLost))
        assert isinstance(heard.events[lost + 1], Snapshot)


@pytest.mark.parametrize("how", ["stall", "halve"])
async def test_a_link_that_dies_without_a_word_is_found_out(how: str) -> None:
    async with simulator() as pbx, Cable(pbx.port) as cable, following(cable.port) as (heard, source, _):
        await heard.until(Snapshot)
        began_s = asyncio.get_running_loop().time()
        getattr(cable, how)()
        (lost,) = await heard.until(ev.SourceLost)
        assert isinstance(lost, ev.SourceLost)
        assert "ping" in lost.cause
        # A ping after 0.2 s, 0.2 s for its answer; the rest is a busy machine's.
        assert asyncio.get_running_loop().time() - began_s < 5
        assert (source.is_connected, source.actions) == (False, None)
        cable.cut()
        cable.mend()
        await heard.until(Snapshot, 2)


async def test_the_standby_is_tried_at_once_and_the_first_again_after_it() -> None:
    async with (
        simulator() as pbx,
        Cable(pbx.port) as first,
        Cable(pbx.port) as second,
        following(first.port, standby_host="127.0.0.1", standby_port=second.port) as (heard, source, _),
    ):
        await heard.until(Snapshot)
        assert (len(first._links), len(second._links)) == (1, 0)
        for lost, (here, there) in enumerate([(first, second), (second, first), (first, second)], 1):
            began_s = asyncio.get_running_loop().time()
            here.cut()
            await heard.until(ev.SourceLost, lost)
            await heard.until(Snapshot, lost + 1)
            assert len(there._links) == 1
            assert asyncio.get_running_loop().time() - began_s < 5
        assert source.is_connected
        assert {event.pbx for event in heard.events} == {"main"}


async def test_at_the_start_the_standby_is_tried_when_the_first_is_away() -> None:
    async with (
        simulator() as pbx,
        following(free_port(), standby_host="127.0.0.1", standby_port=pbx.port) as (heard, _, _),
    ):
        began_s = asyncio.get_running_loop().time()
        await heard.until(Snapshot)
        assert asyncio.get_running_loop().time() - began_s < 5


async def test_attempts_alternate_and_come_no_faster_than_the_back_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    real_sleep = asyncio.sleep

    async def sleep(delay_s: float) -> None:
        waits.append(delay_s)
        if len(waits) == 24:
            raise asyncio.CancelledError
        await real_sleep(0)

    monkeypatch.setattr("cti_bridge.pbx.ami_client.asyncio.sleep", sleep)
    settings = PbxSettings(
        name="main",
        port=free_port(),
        standby_host="127.0.0.1",
        standby_port=free_port(),
        secret=SecretStr("x"),
    )
    with pytest.raises(asyncio.CancelledError):
        await AmiSource(settings, Clock(), Telemetry()).run(Heard())
    assert waits[::2] == [0.0] * 12
    assert all(0.125 <= wait_s <= 15 for wait_s in waits[1::2])
    assert waits[1] <= 0.25
    assert min(waits[-3::2]) >= 7.5


async def test_dirt_in_the_stream_is_counted_and_the_connection_lives() -> None:
    async with (
        simulator() as pbx,
        Cable(pbx.port) as cable,
        following(cable.port) as (heard, source, telemetry),
    ):
        await heard.until(Snapshot)
        cable.dirty(b"\r\n\r\n\x00\xff what is this \xfe\r\n\r\n")
        cable.dirty(b"Event: Hangup\r\nUniqueid: 1\r\n\r\n")
        cable.dirty(b"Event: " + b"x" * 200_000 + b"\r\n\r\n")
        call = pbx.call("0312345678", "佐藤")
        await heard.until(ev.ChannelRang, 2)
        call.hang_up()
        await heard.until(QueueAbandoned)
        assert [skipped(telemetry, reason) for reason in ("garbage", "incomplete", "overlong")] == [1, 1, 1]
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
            await heard.until(Snapshot)
