"""Retention: each kind of record goes when its time is over."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import asyncpg
import structlog

from cti_bridge.clock import Clock, as_utc
from cti_bridge.settings import Settings
from cti_bridge.storage.postgres import FAULTS, SETTING, explain

_log = structlog.get_logger(__name__)

EVERY_S = 3600.0
# Deleting a day's 100,000 traces at once would hold one transaction for seconds.
BATCH_ROWS = 1000
# Changes are read by listeners that were away; see ``lookup.missed``.
CHANGES_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Rows of ``table`` by ``key`` go when ``since``, which is indexed, is too long ago."""

    table: str
    key: str
    since: str


# Indexed times are looked for first; what has none is small, or deleted seldom.
_KINDS: Final[Mapping[str, _Kind]] = {
    "traces": _Kind("call_trace", "call_id", "recorded_at"),
    "changes": _Kind("card_change", "ctid", "at"),
    "calls": _Kind("call", "call_id", "ended_at"),
    "dispositions": _Kind("call_disposition", "ctid", "at"),
    "contacts": _Kind("contact", "contact_id", "occurred_at"),
    "notes": _Kind("karte_note", "note_id", "coalesce(updated_at, created_at)"),
    "orders": _Kind('"order"', "order_id", "ordered_at"),
    "outcomes": _Kind("suggestion_outcome", "outcome_id", "at"),
    "card_views": _Kind("card_view", "view_id", "at"),
    "proxy_logins": _Kind("proxy_login", "grant_id", "issued_at"),
    "commands": _Kind("command_log", "command_id", "at"),
}


def periods_of(settings: Settings) -> dict[str, timedelta]:
    """How long each kind is kept; kinds kept for good are missing."""
    kept = settings.retention
    days = {
        "calls": kept.calls_days,
        "dispositions": kept.calls_days,
        "contacts": kept.contacts_days,
        "notes": kept.notes_days,
        "orders": kept.orders_days,
        "outcomes": kept.outcomes_days,
        "card_views": kept.card_views_days,
        "proxy_logins": kept.card_views_days,
        "commands": kept.commands_days,
    }
    return {
        "traces": timedelta(hours=settings.records.trace_hours),
        "changes": CHANGES_KEPT,
        **{kind: timedelta(days=count) for kind, count in days.items() if count},
    }


async def delete_old(pool: asyncpg.Pool, kind: str, kept: timedelta, now_s: float) -> int:
    """Delete the rows of a kind that are older; how many. Raises: what is in ``postgres.FAULTS``."""
    one = _KINDS[kind]
    deleted = 0
    sql = (
        f"delete from {one.table} where {one.key} = any(array("  # noqa: S608 - the names are our own
        f"select {one.key} from {one.table} where {one.since} < $1 limit $2))"
    )
    while True:
        answer = await pool.execute(sql, as_utc(now_s) - kept, BATCH_ROWS)
        rows = int(answer.rpartition(" ")[2])
        deleted += rows
        if rows < BATCH_ROWS:
            return deleted


async def retain(
    pool: asyncpg.Pool, periods: Mapping[str, timedelta], clock: Clock, every_s: float = EVERY_S
) -> None:
    """Delete what is too old, now and every hour; runs until cancelled. PostgreSQL may be away."""
    while True:
        for kind, kept in periods.items():
            try:
                deleted = await delete_old(pool, kind, kept, clock.now_s())
            except FAULTS as error:
                _log.warning(
                    "old_records_stay", kind=kind, setting=SETTING, cause=explain(error), retry_in_s=every_s
                )
            else:
                if deleted:
                    _log.info("old_records_deleted", kind=kind, rows=deleted, older_than=str(kept))
        await asyncio.sleep(every_s)
