"""The recorder at a real Asterisk: what it wrote reads back as what the source handed on."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import SecretStr

from cti_bridge.calls.events import CallEvent, ChannelEnded, QueueEntered, Snapshot
from cti_bridge.clock import Clock
from cti_bridge.pbx.ami_client import AmiSource
from cti_bridge.pbx.ami_message import AmiReader
from cti_bridge.pbx.ami_translate import AmiTranslator
from cti_bridge.pbx.recorder import Recorder
from cti_bridge.settings import PbxSettings
from cti_bridge.telemetry import Telemetry
from tests.rig.asterisk import AsteriskRig
from tests.rig.caller import YAMADA
from tests.rig.phone_shop import PhoneShop
from tests.rig.sipp import Sipp

pytestmark = pytest.mark.asterisk


async def test_a_recording_reads_back_as_it_was_heard(
    asterisk: AsteriskRig, phones: PhoneShop, tmp_path: Path
) -> None:
    heard: list[CallEvent] = []
    changed = asyncio.Event()

    def sink(events: Sequence[CallEvent], read_ns: int) -> None:
        heard.extend(events)
        changed.set()

    async def until(kind: type[CallEvent], count: int) -> None:
        async with asyncio.timeout(20):
            while sum(isinstance(event, kind) for event in heard) < count:
                changed.clear()
                await changed.wait()

    settings = PbxSettings(
        name="main", host=asterisk.host, port=asterisk.ami_port, user=asterisk.ami_user,
        secret=SecretStr(asterisk.ami_secret),
    )  # fmt: skip
    source, file = AmiSource(settings, Clock(), Telemetry()), io.BytesIO()
    recorder = Recorder(file)
    source.record_with(recorder.take)
    following = asyncio.create_task(source.run(sink))
    try:
        await until(Snapshot, 1)
        first, _second, _third = await phones.agents("1001", "1002", "1003")
        before = recorder.events
        async with Sipp.caller(asterisk, tmp_path, "0312345678", YAMADA, talk_ms=200) as caller:
            await (await first.ringing()).answer()
            (await caller.finished()).check()
        await until(ChannelEnded, 4)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    translator, reader = AmiTranslator(source.pbx), AmiReader()
    read_back = [translator.translate(block, Clock().now_s()) for block in reader.feed(file.getvalue())]
    events = [event for event in read_back if event is not None]
    assert recorder.events > before
    assert not reader.skipped
    assert any(isinstance(event, QueueEntered) for event in events)
    live = [event for event in heard if not isinstance(event, Snapshot)]
    assert events[-len(live) :] == live
