"""The recorder: events and snapshots, nothing of our own sign-in, nothing of anybody, and a bound."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from cti_bridge.calls.events import CallEvent, ChannelEnded, SourceLost
from cti_bridge.calls.ids import PbxId
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.clock import Clock
from cti_bridge.errors import Unavailable
from cti_bridge.pbx.ami_client import AmiSource
from cti_bridge.pbx.ami_message import AmiReader, Block
from cti_bridge.pbx.playback import Playback
from cti_bridge.pbx.recorder import GREETING, Recorder, as_it_is, record
from cti_bridge.settings import PbxSettings
from cti_bridge.telemetry import Telemetry
from tests.pbx.link import SECRET, Cable, simulator

MAIN = PbxId("main")
SIGNED_IN = Block(b"Response: Success\r\nActionID: ab12-1\r\nMessage: Authentication accepted")
PONG = Block(b"Response: Success\r\nActionID: ab12-9\r\nPing: Pong\r\nTimestamp: 2.0")
LIST = Block(
    b"Response: Success\r\nActionID: ab12-2\r\nEventList: start\r\nMessage: Queue status will follow"
)
ITEM = Block(b"Event: QueueMember\r\nQueue: orders\r\nName: \xe5\xb1\xb1\xe7\x94\xb0\r\nActionID: ab12-2")
END = Block(b"Event: QueueStatusComplete\r\nActionID: ab12-2\r\nEventList: Complete\r\nListItems: 1")
REFUSED = Block(b"Response: Error\r\nActionID: ab12-3\r\nMessage: Permission denied")
EVENT = Block(b"Event: Hold\r\nTimestamp: 1.5\r\nUniqueid: 1795381137.1")
SHOT = Snapshot(MAIN, 1.0, (), (), (), (), ())


def written(recorded: list[Block | CallEvent], **options: object) -> list[Block]:
    """What is in the file after some blocks and what the source made of them."""
    file = io.BytesIO()
    recorder = Recorder(file, as_it_is, Clock(now_s=lambda: 7.0), **options)  # type: ignore[arg-type]
    for one in recorded:
        if isinstance(one, bytes):
            recorder.take([Block(one)])
        else:
            recorder.hear([one])
    return AmiReader().feed(file.getvalue())


def test_events_are_written_and_answers_to_our_actions_are_not() -> None:
    assert written([SIGNED_IN, EVENT, LIST, SHOT, EVENT, PONG, EVENT])[1:] == [EVENT, EVENT]


def test_a_snapshot_is_written_under_names_of_its_own() -> None:
    blocks = written([SIGNED_IN, LIST, ITEM, END, REFUSED])
    assert blocks == [
        b"Response: Success\r\nEventList: start\r\nActionID: snapshot-1-1\r\nTimestamp: 7.000000",
        ITEM.replace(b"ab12-2", b"snapshot-1-1") + b"\r\nTimestamp: 7.000000",
        b"Event: QueueStatusComplete\r\nEventList: Complete\r\nListItems: 1\r\nActionID: snapshot-1-1"
        b"\r\nTimestamp: 7.000000",
        b"Response: Error\r\nActionID: snapshot-1-2\r\nTimestamp: 7.000000",
    ]


def test_what_comes_between_sign_in_and_snapshot_is_in_the_snapshot() -> None:
    assert len(written([SIGNED_IN, EVENT, EVENT, LIST, EVENT])) == 2


def test_a_block_without_a_time_gets_that_of_its_arrival() -> None:
    assert written([Block(b"Event: Hold")]) == [b"Event: Hold\r\nTimestamp: 7.000000"]


def test_the_loss_of_the_connection_is_written() -> None:
    again = Block(SIGNED_IN.replace(b"ab12", b"cd34"))
    blocks = written([SIGNED_IN, LIST, SHOT, SourceLost(MAIN, 3.0, "gone"), again, LIST, EVENT])
    assert blocks[1] == b"Event: SourceLost\r\nTimestamp: 3.000000"
    assert len(blocks) == 2  # the list is the old connection's


def test_no_caller_can_end_a_recording() -> None:
    forged = [Block(SIGNED_IN.replace(b"ab12", b"ff")), Block(b"Event: SourceLost\r\nTimestamp: 1.0")]
    answer = Block(b"Event: Hold\r\nActionID: snapshot-9-9\r\nTimestamp: 1.5")
    blocks = written([SIGNED_IN, LIST, SHOT, *forged, EVENT, answer])
    assert blocks[1:] == [EVENT, answer]


def test_a_recording_is_anonymous_unless_told_otherwise() -> None:
    file = io.BytesIO()
    recorder = Recorder(file)
    recorder.take([SIGNED_IN, LIST, ITEM, END, Block(b"Event: X\r\nCallerIDNum: 09012345678")])
    assert "山田".encode() not in file.getvalue()
    assert b"09012345678" not in file.getvalue()
    assert recorder.events == 1


def test_a_full_recording_ends_at_a_whole_event() -> None:
    file = io.BytesIO()
    recorder = Recorder(file, as_it_is, limit_bytes=len(GREETING) + 2 * (len(EVENT) + 4) + 3)
    for _ in range(5):
        recorder.take([EVENT])
    assert (recorder.is_full, recorder.events) == (True, 2)
    assert AmiReader().feed(file.getvalue()) == [EVENT, EVENT]


class FullDisk(io.BytesIO):
    """Takes the greeting and nothing more."""

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


@asynccontextmanager
async def recording(port: int, recorder: Recorder) -> AsyncIterator[list[CallEvent]]:
    """Record the PBX at a port while the block lasts; what the source handed on."""
    heard: list[CallEvent] = []
    hear = recorder.hear

    def listen(events: Sequence[CallEvent]) -> None:
        hear(events)
        heard.extend(events)

    recorder.hear = listen  # type: ignore[method-assign]
    settings = PbxSettings(name="main", port=port, secret=SecretStr(SECRET), ping_interval_s=0.2)
    stop = asyncio.Event()
    task = asyncio.create_task(record(AmiSource(settings, Clock(), Telemetry()), recorder, stop))
    try:
        yield heard
    finally:
        stop.set()
        await task


async def until(heard: list[CallEvent], kind: type[CallEvent], count: int) -> None:
    async with asyncio.timeout(20):
        while sum(isinstance(event, kind) for event in heard) < count:
            await asyncio.sleep(0.005)


async def test_a_recording_reads_back_as_what_the_source_handed_on() -> None:
    file = io.BytesIO()
    async with simulator() as pbx, Cable(pbx.port) as cable:
        call = pbx.call("0312345678", "佐藤")
        call.answer("PJSIP/1002")
        async with recording(cable.port, Recorder(file, as_it_is)) as heard:
            await until(heard, Snapshot, 1)
            pbx.call("09012345678", "山田").hang_up()
            cable.cut()
            await until(heard, Snapshot, 2)
            call.hang_up()
            await until(heard, ChannelEnded, 2)
    playback = Playback(MAIN)
    events = playback.feed(file.getvalue())
    assert len(events) >= len(heard)  # what was read last may not have been handed on
    assert [timeless(event) for event in events[: len(heard)]] == [timeless(event) for event in heard]
    assert (playback.is_whole, playback.skipped.total(), playback.end()) == (True, 0, [])
    assert SECRET.encode() not in file.getvalue()


def timeless(event: CallEvent) -> CallEvent:
    """An event whose time is that of the clock and not the PBX's, without it."""
    if isinstance(event, SourceLost):
        return replace(event, at_s=0.0, cause="")
    if isinstance(event, Snapshot):
        return replace(event, at_s=0.0, members=tuple(replace(member, at_s=0.0) for member in event.members))
    return event


@settings(deadline=None)
@given(st.lists(st.sampled_from([SIGNED_IN, LIST, ITEM, END, REFUSED, EVENT, b"\r\n\r\n", b"Event: "])))
def test_any_recording_is_read(parts: list[bytes]) -> None:
    data = GREETING + b"\r\n\r\n".join(parts).replace(b"ab12-", b"snapshot-1-")
    playback = Playback(MAIN)
    for event in [*playback.feed(data), *playback.end()]:
        assert event.pbx == MAIN


async def test_a_file_that_cannot_be_written_ends_the_recording() -> None:
    settings = PbxSettings(name="main", port=1, secret=SecretStr(SECRET))
    async with simulator() as pbx, asyncio.timeout(20):
        source = AmiSource(settings.model_copy(update={"port": pbx.port}), Clock(), Telemetry())
        with pytest.raises(Unavailable, match="No space left"):
            await record(source, Recorder(FullDisk(), as_it_is), asyncio.Event())
