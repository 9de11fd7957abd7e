"""All that is written down of calls: records and traces, through one spool into PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import asyncpg

from cti_bridge.calls.effects import RecordCall, ShowSource
from cti_bridge.calls.ids import AgentId, CallId, PbxId
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.clock import Clock
from cti_bridge.records.call_log import CALL, CallLog, write_calls
from cti_bridge.records.card_views import CARD_VIEW, view_payload, write_views
from cti_bridge.records.dead import DeadLetters
from cti_bridge.records.gap_rows import GAP, gap_payload, write_gaps
from cti_bridge.records.retention import periods_of, retain
from cti_bridge.records.spool import Spool
from cti_bridge.records.step_rows import TRACE, write_steps
from cti_bridge.records.writer import Writer
from cti_bridge.settings import Settings
from cti_bridge.telemetry import Telemetry

# Past this share of the spool traces are left out: while PostgreSQL is away, room is for calls.
TRACES_UP_TO = 0.5


class Ledger:
    """Takes records and traces at once; ``run`` brings them into PostgreSQL, however long that is away.

    Raises: Unavailable when the spool's folder cannot be used or another bridge uses it.
    """

    def __init__(self, settings: Settings, pool: asyncpg.Pool, clock: Clock, telemetry: Telemetry) -> None:
        self._pool = pool
        self._clock = clock
        self._telemetry = telemetry
        self._seen: set[PbxId] = set()
        self._periods = periods_of(settings)
        self._spool = Spool(
            settings.storage.data_dir / "spool",
            max_bytes=settings.records.spool_max_bytes,
            on_lost=lambda reason, entries: telemetry.records_lost.labels(reason).inc(entries),
        )
        self._calls = CallLog(self._spool, clock)
        self._writer = Writer(
            self._spool,
            pool,
            {CALL: write_calls, TRACE: write_steps, GAP: write_gaps, CARD_VIEW: write_views},
            DeadLetters(self._spool.folder / "dead.jsonl"),
            on_written=self._count_written,
            on_dead=lambda kind: telemetry.records_dead.labels(kind).inc(),
        )

    async def run(self) -> None:
        """Write what comes and delete what is too old, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._writer.run())
            tasks.create_task(retain(self._pool, self._periods, self._clock))

    def record(self, effect: RecordCall) -> None:
        """Write a call's record."""
        self._calls.take(effect)
        self._telemetry.records_waiting.set(self._spool.depth)

    def saw(self, snapshot: Snapshot, live: Collection[CallId]) -> None:
        """What a PBX's first snapshot lacks is over, unseen: calls that a bridge before this one left open.

        A partial one says nothing of what it lacks, so the first whole one counts.
        """
        if not snapshot.is_partial and snapshot.pbx not in self._seen:
            self._seen.add(snapshot.pbx)
            self._calls.close_lost(snapshot.pbx, live, snapshot.at_s)

    def trace(self, payload: bytes) -> None:
        """Write the steps of a call that is over."""
        if self._spool.fill <= TRACES_UP_TO:
            self._spool.put(TRACE, payload)

    def gap(self, effect: ShowSource) -> None:
        """Write for how long a PBX was out of sight, if it comes back."""
        payload = gap_payload(effect)
        if payload is not None:
            self._spool.put(GAP, payload)

    def viewed(
        self, agent_id: AgentId, customer_id: int, reason: str, *, call_id: str | None, detail: str = ""
    ) -> None:
        """Write down who saw or changed what of a customer."""
        at_s = self._clock.now_s()
        self._spool.put(CARD_VIEW, view_payload(agent_id, customer_id, reason, call_id, detail, at_s))

    def close(self) -> None:
        """Leave the rest for the next start."""
        self._spool.close()

    def _count_written(self, kind: str, entries: int) -> None:
        self._telemetry.records_written.labels(kind).inc(entries)
        self._telemetry.records_waiting.set(self._spool.depth)
