"""Segments in PostgreSQL: the rules they are computed by, and what was computed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import asyncpg

from cti_bridge.segments.derive import Rules, Segment, derive
from cti_bridge.segments.history import read_histories
from cti_bridge.segments.kinds import read_kinds
from cti_bridge.segments.rfm import Boundaries, RfmBoundaries, fixed
from cti_bridge.segments.stage import StageRules
from cti_bridge.settings import Settings

_TIMEOUT_S = 120.0
_SEGMENT_COLUMNS = (
    ("customer_id", "bigint"),
    ("stage", "text"),
    ("recency", "smallint"),
    ("frequency", "smallint"),
    ("monetary", "smallint"),
    ("orders_total", "int"),
    ("amount_total_minor", "bigint"),
    ("first_order_at", "timestamptz"),
    ("last_order_at", "timestamptz"),
    ("contacts_total", "int"),
    ("last_call_at", "timestamptz"),
    ("thank_yous", "int"),
    ("preferred_channel", "text"),
)
_SHARE_COLUMNS = (
    "customer_id",
    "product_id",
    "times",
    "quantity",
    "amount_minor",
    "first_at",
    "last_at",
    "cycle_days",
    "spread_days",
    "due_on",
)
_NAMES = ", ".join(name for name, _ in _SEGMENT_COLUMNS)
# A customer may have been deleted meanwhile; who is there is locked until the commit.
_UPSERT = f"""
insert into customer_segment ({_NAMES})
select {", ".join("s." + name for name, _ in _SEGMENT_COLUMNS)}
from unnest({", ".join(f"${n}::{kind}[]" for n, (_, kind) in enumerate(_SEGMENT_COLUMNS, 1))}) s ({_NAMES})
join customer c using (customer_id)
order by s.customer_id
on conflict (customer_id) do update set
    {", ".join(f"{name} = excluded.{name}" for name, _ in _SEGMENT_COLUMNS[1:])}, computed_at = now()
"""  # noqa: S608 - the names are our own


async def read_rules(connection: asyncpg.Connection, settings: Settings) -> Rules:
    """What segments are computed by now. Raises: what is in ``storage.postgres.FAULTS``."""
    mine = settings.segments
    return Rules(
        kinds=await read_kinds(connection, mine),
        boundaries=fixed(mine) if mine.rfm == "thresholds" else await _read_boundaries(connection),
        stage=StageRules.of(mine),
        cycle_min_purchases=mine.cycle_min_purchases,
        zone=ZoneInfo(settings.region.time_zone),
    )


async def write_boundaries(connection: asyncpg.Connection, boundaries: RfmBoundaries) -> None:
    """Replace the boundaries, within the caller's transaction."""
    rows = [
        (measure, score, at_least)
        for measure in ("recency", "frequency", "monetary")
        for one in (getattr(boundaries, measure),)
        for score, at_least in zip(one.scores, one.at_least, strict=True)
    ]
    await connection.execute("delete from rfm_boundary")
    await connection.executemany(
        "insert into rfm_boundary (measure, score, at_least) values ($1, $2, $3)", rows
    )


async def next_customers(connection: asyncpg.Connection, after: int, limit: int) -> list[int]:
    """The ids of the next customers after ``after``. Raises: what is in ``storage.postgres.FAULTS``."""
    rows = await connection.fetch(
        "select customer_id from customer where customer_id > $1 order by 1 limit $2", after, limit
    )
    return [row["customer_id"] for row in rows]


async def recompute(
    connection: asyncpg.Connection, customer_ids: Collection[int], rules: Rules, now: datetime
) -> list[Segment]:
    """Compute and write the segments of some customers, within the caller's transaction.

    Raises: what is in ``storage.postgres.FAULTS``.
    """
    # Plans are kept for a connection's life: one made while a table was empty would read it whole for ever.
    await connection.execute("set local enable_seqscan = off")
    histories = await read_histories(connection, customer_ids, rules.zone.key)
    segments: list[Segment] = []
    for _, history in sorted(histories.items()):
        segments.append(derive(history, rules, now))
        await asyncio.sleep(0)  # the event loop is the live server's: a ring must not wait for a batch
    await write_segments(connection, segments)
    return segments


async def write_segments(connection: asyncpg.Connection, segments: Sequence[Segment]) -> None:
    """Write ``segments`` and the shares of their products, within the caller's transaction."""
    if not segments:
        return
    rows = [
        (
            one.customer_id,
            one.stage,
            *((one.scores.recency, one.scores.frequency, one.scores.monetary) if one.scores else (None,) * 3),
            one.orders_total,
            one.amount_total_minor,
            one.first_order_at,
            one.last_order_at,
            one.contacts_total,
            one.last_call_at,
            one.thank_yous,
            one.preferred_channel,
        )
        for one in segments
    ]
    await connection.execute(_UPSERT, *map(list, zip(*rows, strict=True)), timeout=_TIMEOUT_S)
    written = [one.customer_id for one in segments]
    await connection.execute(
        "delete from customer_product where customer_id = any($1)", written, timeout=_TIMEOUT_S
    )
    here = {
        row["customer_id"]
        for row in await connection.fetch(
            "select customer_id from customer_segment where customer_id = any($1)", written
        )
    }
    shares = [
        (
            one.customer_id,
            share.product_id,
            share.times,
            share.quantity,
            share.amount_minor,
            share.first_at,
            share.last_at,
            share.cycle_days,
            share.spread_days,
            share.due_on,
        )
        for one in segments
        if one.customer_id in here
        for share in one.shares
    ]
    await connection.copy_records_to_table(
        "customer_product", columns=_SHARE_COLUMNS, records=shares, timeout=_TIMEOUT_S
    )


async def _read_boundaries(connection: asyncpg.Connection) -> RfmBoundaries:
    rows = await connection.fetch("select measure, score, at_least from rfm_boundary order by score")

    def of(measure: str) -> Boundaries:
        mine = [row for row in rows if row["measure"] == measure]
        return Boundaries(tuple(row["at_least"] for row in mine), tuple(row["score"] for row in mine))

    return RfmBoundaries(of("recency"), of("frequency"), of("monetary"))
