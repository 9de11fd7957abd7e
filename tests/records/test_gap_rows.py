"""The times in which a PBX was out of sight (P5): kept as they were, each once."""

from __future__ import annotations

from pathlib import Path

from cti_bridge.calls.effects import ShowSource
from cti_bridge.calls.ids import PbxId
from cti_bridge.clock import as_utc
from cti_bridge.records.dead import DeadLetters
from cti_bridge.records.gap_rows import GAP, gap_payload, write_gaps
from cti_bridge.records.spool import Spool
from cti_bridge.records.writer import Writer
from tests.conftest import Database

PBX = PbxId("main")


def test_only_a_return_after_a_loss_is_a_gap() -> None:
    assert gap_payload(ShowSource(PBX, is_connected=False, at_s=10.0)) is None
    assert gap_payload(ShowSource(PBX, is_connected=True, at_s=10.0)) is None
    assert gap_payload(ShowSource(PBX, is_connected=True, at_s=10.0, gap_s=2.5)) is not None


async def test_a_gap_told_twice_is_one_row(database: Database, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", max_bytes=1 << 20)
    payload = gap_payload(ShowSource(PBX, is_connected=True, at_s=1_000.0, gap_s=12.0))
    assert payload is not None
    for _ in range(2):
        spool.put(GAP, payload)
    await Writer(spool, database.pool, {GAP: write_gaps}, DeadLetters(tmp_path / "dead.jsonl")).drain()
    spool.close()
    rows = await database.pool.fetch("select * from pbx_gap")
    assert [tuple(row) for row in rows] == [("main", as_utc(988.0), as_utc(1_000.0))]
