"""Retention: what was kept for a time only goes when that is over."""

from __future__ import annotations

import asyncio

import asyncpg
import structlog

from cti_bridge.clock import Clock, as_utc
from cti_bridge.storage.postgres import FAULTS, SETTING, explain

_log = structlog.get_logger(__name__)

EVERY_S = 3600.0
# Deleting a day's 100,000 traces at once would hold one transaction for seconds.
BATCH_ROWS = 1000

_DELETE = """
delete from call_trace where call_id in (
    select call_id from call_trace where recorded_at < $1 order by recorded_at limit $2)
"""


async def delete_old_traces(pool: asyncpg.Pool, trace_hours: int, now_s: float) -> int:
    """Delete the traces recorded longer ago than that; how many. Raises: what is in ``postgres.FAULTS``."""
    deleted = 0
    while True:
        answer = await pool.execute(_DELETE, as_utc(now_s - trace_hours * 3600), BATCH_ROWS)
        rows = int(answer.rpartition(" ")[2])
        deleted += rows
        if rows < BATCH_ROWS:
            return deleted


async def retain(pool: asyncpg.Pool, trace_hours: int, clock: Clock, every_s: float = EVERY_S) -> None:
    """Delete what is too old, now and every hour; runs until cancelled. PostgreSQL may be away."""
    while True:
        try:
            deleted = await delete_old_traces(pool, trace_hours, clock.now_s())
        except FAULTS as error:
            _log.warning("old_traces_stay", setting=SETTING, cause=explain(error), retry_in_s=every_s)
        else:
            if deleted:
                _log.info("old_traces_deleted", traces=deleted, older_than_hours=trace_hours)
        await asyncio.sleep(every_s)
