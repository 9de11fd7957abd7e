"""Computes everybody's segment anew: first where the scores begin, then each customer, some at a time.

The same functions as for one customer whose order just came. What is written
is committed batch by batch, so that an interrupted rebuild does no harm: who
was not reached keeps the segment there was, and the next rebuild takes all.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
import numpy as np

from cti_bridge.errors import Refused
from cti_bridge.segments.rfm import RfmBoundaries, quintiles
from cti_bridge.segments.store import next_customers, read_rules, recompute, write_boundaries
from cti_bridge.settings import Settings

# Gets customers done and customers in all.
Progress = Callable[[int, int], None]

# So many hold the event loop of a live server for a few milliseconds at a time, and memory below 50 MB.
BATCH_CUSTOMERS = 1000
_TIMEOUT_S = 600.0
# Any number of our own: who holds it rebuilds.
_REBUILD_LOCK = 0x5345474D

_MEASURES = """
select (extract(epoch from $1::timestamptz - max(o.ordered_at)) / 86400)::float8 as days,
       count(*)::float8 as orders,
       sum(o.total_minor - coalesce(r.amount_minor, 0))::float8 as amount
from "order" o
left join (
    select order_id, sum(amount_minor) as amount_minor, bool_or(line is null) as is_whole
    from order_return group by 1) r using (order_id)
where o.customer_id is not null and o.status not in ('cancelled', 'returned') and r.is_whole is not true
group by o.customer_id
"""


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """``stages``: customers by stage. ``seconds`` from the first query to the last."""

    customers: int
    stages: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0


async def rebuild(
    pool: asyncpg.Pool, settings: Settings, now: datetime, *, progress: Progress | None = None
) -> RebuildResult:
    """Compute the segments of all customers as of ``now``.

    Raises: Refused while another rebuild is under way; what is in ``storage.postgres.FAULTS``.
    """
    began_s = time.perf_counter()
    stages: Counter[str] = Counter()
    async with pool.acquire() as lock:
        if not await lock.fetchval("select pg_try_advisory_lock($1)", _REBUILD_LOCK):
            raise Refused("segments are being rebuilt already")
        try:
            async with pool.acquire() as connection:
                if settings.segments.rfm == "quintiles":
                    boundaries = await _boundaries(connection, now)
                    async with connection.transaction():
                        await write_boundaries(connection, boundaries)
                rules = await read_rules(connection, settings)
                # Whoever stands in line by now is taken along; who changes from here on stands in line anew.
                in_line = await connection.fetchval("select coalesce(max(stale_id), 0) from customer_stale")
                total: int = await connection.fetchval("select count(*) from customer", timeout=_TIMEOUT_S)
                done, last = 0, 0
                while ids := await next_customers(connection, last, BATCH_CUSTOMERS):
                    async with connection.transaction():
                        segments = await recompute(connection, ids, rules, now)
                    stages.update(one.stage for one in segments)
                    done, last = done + len(ids), ids[-1]
                    if progress is not None:
                        progress(min(done, total), total)
                await connection.execute(
                    "delete from customer_stale where stale_id <= $1", in_line, timeout=_TIMEOUT_S
                )
        finally:
            await lock.execute("select pg_advisory_unlock($1)", _REBUILD_LOCK)
    return RebuildResult(done, dict(stages), time.perf_counter() - began_s)


async def _boundaries(connection: asyncpg.Connection, now: datetime) -> RfmBoundaries:
    """Where scores begin, over all who ever bought."""
    rows = await connection.fetch(_MEASURES, now, timeout=_TIMEOUT_S)
    table = np.fromiter(
        (value for row in rows for value in row), dtype=np.float64, count=3 * len(rows)
    ).reshape(-1, 3)
    return await asyncio.to_thread(
        lambda: RfmBoundaries(
            quintiles(-np.floor(table[:, 0])), quintiles(table[:, 1]), quintiles(table[:, 2])
        )
    )
