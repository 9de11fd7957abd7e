"""What a bridge that starts makes of calls that one before it left open."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from cti_bridge.calls.effects import RecordCall
from cti_bridge.calls.ids import PbxId
from cti_bridge.calls.outcomes import EndReason
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.clock import Clock
from cti_bridge.records.ledger import Ledger
from cti_bridge.settings import Settings, StorageSettings
from cti_bridge.telemetry import Telemetry
from tests.conftest import Database
from tests.records.samples import T0, record

PBX = PbxId("main")


async def test_only_the_first_whole_snapshot_tells_what_is_over(database: Database, tmp_path: Path) -> None:
    settings = Settings(storage=StorageSettings(data_dir=tmp_path))
    ledger = Ledger(settings, database.pool, Clock(), Telemetry())
    writing = asyncio.create_task(ledger.run())

    async def outcomes(expected: dict[str, str | None]) -> None:
        """Wait until the calls are written so."""
        async with asyncio.timeout(10):
            while dict(await database.pool.fetch("select call_id, outcome from call")) != expected:
                await asyncio.sleep(0.02)

    ledger.record(RecordCall(record("main-1")))
    await outcomes({"main-1": None})
    whole = Snapshot(PBX, Clock().now_s(), (), (), (), (), ())
    ledger.saw(replace(whole, is_partial=True), [])
    ended = record("main-2", ended_at_s=T0 + 5, outcome=EndReason.NOT_REACHED)
    ledger.record(RecordCall(ended))  # written after whatever came before it
    await outcomes({"main-1": None, "main-2": "not_reached"})
    ledger.saw(whole, [])
    await outcomes({"main-1": "lost", "main-2": "not_reached"})
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    ledger.close()
