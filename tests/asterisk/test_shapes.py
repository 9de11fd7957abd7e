"""Every shape on a real Asterisk: what the bridge shows is what the telephones' own SIP says."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic

import pytest

from tests.rig.asterisk import AsteriskRig
from tests.shapes import SHAPES, Shape
from tests.shapes.bridge import BridgeAtWork
from tests.shapes.compare import compare, compare_records
from tests.shapes.stage import Stage
from tests.shapes.table import ROWS, Row

pytestmark = pytest.mark.asterisk


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
async def test_shape(asterisk: AsteriskRig, tmp_path: Path, shape: Shape) -> None:
    row = Row(shape.name, len(shape.offers))
    ROWS[shape.name] = row
    # A fresh Asterisk each time: for 32 s it goes on sending what telephones of the scene before left open.
    await asyncio.to_thread(asterisk.restart)
    began = monotonic()
    async with AsyncExitStack() as exits:
        bridge = await exits.enter_async_context(BridgeAtWork(asterisk))
        stage = Stage(asterisk, tmp_path, exits)
        stage.on_originate = bridge.originated
        await stage.open()
        await shape.drive(stage)
        await stage.close()
        await bridge.quiet(stage.ended_channels())
    (tmp_path / "bridge.ami").write_bytes(bridge.stream)
    (tmp_path / "bridge.log").write_text("".join(f"{one!r}\n" for one in bridge.log))
    phones = stage.legs()
    seen = bridge.offers()
    verdict = compare(shape, phones, seen)
    compare_records(shape, stage.callers(), bridge.final_records(), verdict)
    queued = [line for line in shape.history if line.endswith((" answered", " abandoned", " left"))]
    if sorted(bridge.counted()) != sorted(queued):
        verdict.bridge.append(f"counted {bridge.counted()}, not {queued}")
    if tuple(bridge.pauses()) != shape.pauses:
        verdict.bridge.append(f"paused {bridge.pauses()}, not {shape.pauses}")
    verdict.bridge += [f"left over: {what}" for what in bridge.left_over()]
    row.finish(phones, seen, verdict, monotonic() - began)
    assert verdict.is_good, verdict
