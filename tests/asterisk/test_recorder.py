"""The recorder at a real Asterisk: what it wrote reads back as what was heard, with nobody in it."""

from __future__ import annotations

import asyncio
import io
import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import SecretStr

from cti_bridge.calls.events import CallEvent, ChannelEnded, SourceLost
from cti_bridge.calls.outcomes import EndReason
from cti_bridge.calls.queue_events import QueueEntered
from cti_bridge.calls.record import CallRecord
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.clock import Clock
from cti_bridge.pbx.ami_client import AmiSource
from cti_bridge.pbx.ami_message import AmiReader, Block
from cti_bridge.pbx.anonymise import Anonymiser
from cti_bridge.pbx.playback import Playback
from cti_bridge.pbx.recorder import Recorder, as_it_is
from cti_bridge.replay import replay
from cti_bridge.settings import PbxSettings
from cti_bridge.telemetry import Telemetry
from tests.rig.asterisk import AsteriskRig
from tests.rig.caller import SASAKI, WITHHELD, YAMADA
from tests.rig.phone_shop import PhoneShop
from tests.test_replay import timeline

pytestmark = pytest.mark.asterisk

ORDERS, LINE_1001 = "0312345678", "0312341001"


class Both:
    """The same recorded twice: as it is, and anonymised. What the source handed on is ``heard``."""

    def __init__(self, asterisk: AsteriskRig) -> None:
        self.anonymiser = Anonymiser()
        self.files = io.BytesIO(), io.BytesIO()
        self.heard: list[CallEvent] = []
        self._changed = asyncio.Event()
        raw, anonymous = self.files
        self._read_at_s = 0.0
        at_once = Clock(now_s=lambda: self._read_at_s)
        self._recorders = (
            Recorder(raw, as_it_is, at_once), Recorder(anonymous, self.anonymiser.block, at_once)
        )  # fmt: skip
        settings = PbxSettings(
            name="recorded", host=asterisk.host, port=asterisk.ami_port, user=asterisk.ami_user,
            secret=SecretStr(asterisk.ami_secret),
        )  # fmt: skip
        self.source = AmiSource(settings, Clock(), Telemetry())
        self.source.record_with(self._tap)

    async def __aenter__(self) -> Both:
        self._following = asyncio.create_task(self.source.run(self._sink))
        await self.until(Snapshot, 1)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)

    def _tap(self, blocks: list[Block]) -> None:
        self._read_at_s = Clock().now_s()
        for recorder in self._recorders:
            recorder.take(blocks)

    def _sink(self, events: Sequence[CallEvent], read_ns: int) -> None:
        self.heard.extend(events)
        for recorder in self._recorders:
            recorder.hear(events)
        self._changed.set()

    async def until(self, kind: type[CallEvent], count: int) -> None:
        """Wait until so many events of a kind were heard."""
        async with asyncio.timeout(20):
            while sum(isinstance(event, kind) for event in self.heard) < count:
                self._changed.clear()
                await self._changed.wait()

    def save(self, folder: Path) -> tuple[Path, Path]:
        """Both files: as it was, and anonymised."""
        paths = folder / "raw.ami", folder / "anonymous.ami"
        for path, file in zip(paths, self.files, strict=True):
            path.write_bytes(file.getvalue())
        return paths


async def calls_in(both: Both, asterisk: AsteriskRig, phones: PhoneShop) -> None:
    """One call is under way when the recording begins and one when it ends; two are in it whole."""
    agents = await phones.agents("1001", "1002", "1003")
    callers = [await phones.outside() for _ in range(4)]
    early = await callers[0].call(ORDERS, caller=YAMADA.address, until="ringing")
    first, second, third = [await agent.ringing() for agent in agents]
    await second.answer()
    await early.reached("talking")
    for other in (first, third):
        await other.reached("ended")
    async with both:
        await second.hold()
        direct = await callers[1].call(LINE_1001, caller=SASAKI.address, until="ringing")
        await (await agents[0].ringing()).answer()
        await direct.reached("talking")
        await direct.hangup()
        await early.hangup()
        await both.until(ChannelEnded, 4)
        withheld = await callers[2].call(
            LINE_1001, caller=WITHHELD.address, until="ringing", **WITHHELD.headers
        )
        await agents[0].ringing()
        await withheld.hangup()
        await both.until(ChannelEnded, 6)
        await callers[3].call(ORDERS, caller=YAMADA.address, until="ringing")
        await both.until(QueueEntered, 1)


async def test_a_recording_reads_back_as_it_was_heard(
    asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path
) -> None:
    both = Both(asterisk)
    await calls_in(both, asterisk, phones)
    playback = Playback(both.source.pbx)
    events = playback.feed(both.files[0].getvalue())
    heard = [event for event in both.heard if not isinstance(event, (Snapshot, SourceLost))]
    assert isinstance(events[0], Snapshot)
    # What is told between the asking for the lists and their answer is in the lists, and not recorded.
    in_the_lists = list(itertools.takewhile(lambda event: event not in events, heard))
    assert all(event.at_s <= events[0].at_s for event in in_the_lists)
    heard = heard[len(in_the_lists) :]
    assert len(heard) > 40
    assert events[1 : 1 + len(heard)] == heard
    assert not playback.skipped
    shots = [event for event in both.heard if isinstance(event, Snapshot)]
    assert [(events[0].channels, events[0].queues, events[0].waiting, events[0].devices)] == [
        (shot.channels, shot.queues, shot.waiting, shot.devices) for shot in shots
    ]


async def test_an_anonymised_recording_replays_to_the_same_table(
    asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path
) -> None:
    both = Both(asterisk)
    await calls_in(both, asterisk, phones)
    tables: list[list[CallRecord]] = []
    for file in both.save(tmp_path):
        calls: list[CallRecord] = []
        await replay(file, on_call=calls.append)
        tables.append(calls)
    before, after = tables
    assert [timeline(call) for call in after] == [timeline(call) for call in before]
    assert [call.caller.e164 for call in after] == [
        both.anonymiser.pseudonyms.number(call.caller.e164) if call.caller.e164 else None for call in before
    ]
    outcomes = [(call.outcome, [one.agent_id for one in call.stints if one.answered_at_s]) for call in before]
    assert sorted(outcomes[:2], key=str) == [(EndReason.COMPLETED, ["1001"]), (EndReason.COMPLETED, ["1002"])]
    assert [outcome for outcome, _ in outcomes[2:]] == [EndReason.ABANDONED, None]


async def test_an_anonymised_recording_holds_nobody(
    asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path
) -> None:
    both = Both(asterisk)
    await calls_in(both, asterisk, phones)
    raw, anonymous = (path.read_bytes() for path in both.save(tmp_path))
    blocks = AmiReader().feed(raw)
    names = {
        value
        for block in blocks
        for value in re.findall(rb"(?:Name|MemberName): ([^\r]+)", block)
        if value not in {b"<unknown>", b"anonymous", b"Anonymous"} and not value.startswith(b"PJSIP/")
    }
    assert len(names) >= 5
    for personal in (*names, b"09012345678", b"0312349999", b"0312345678", b"0312341001"):
        assert personal in raw
        assert personal not in anonymous, personal.decode()
    assert asterisk.ami_secret.encode() not in raw + anonymous
