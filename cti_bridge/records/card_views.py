"""The audit: who saw or changed what of a customer, when and why."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from cti_bridge.clock import as_utc

CARD_VIEW = "card_view"
MAX_LIMIT = 500


class _View(msgspec.Struct):
    """One view as it waits in the spool. ``key`` tells one written twice from two."""

    key: str
    at_s: float
    agent_id: str
    customer_id: int
    reason: str
    call_id: str | None
    detail: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_View).decode


def view_payload(
    agent_id: str, customer_id: int, reason: str, call_id: str | None, detail: str, at_s: float
) -> bytes:
    """A view for the spool."""
    return _encode(_View(uuid.uuid4().hex, at_s, agent_id, customer_id, reason, call_id, detail[:200]))


async def write_views(connection: asyncpg.Connection, payloads: Sequence[bytes]) -> None:
    """Write views; the same one again is nothing new. Raises: ValueError for what is none."""
    views = [_decode(payload) for payload in payloads]
    await connection.executemany(
        "insert into card_view (view_key, at, agent_id, customer_id, reason, call_id, detail)"
        " values ($1, $2, $3, $4, $5, $6, $7) on conflict (view_key) do nothing",
        [
            (
                view.key,
                as_utc(view.at_s),
                view.agent_id,
                view.customer_id,
                view.reason,
                view.call_id,
                view.detail,
            )
            for view in views
        ],
    )


@dataclass(frozen=True, slots=True)
class CardView:
    """One view. ``customer_name`` and ``customer_code`` are null when the customer is there no more."""

    view_id: int
    at: datetime
    agent_id: str
    customer_id: int
    customer_code: str | None
    customer_name: str | None
    reason: str
    call_id: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which views; None for any. ``before``: only those with a smaller id."""

    customer_id: int | None = None
    agent_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 100


class CardViews:
    """Views in PostgreSQL. Raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def find(self, wanted: Wanted) -> list[CardView]:
        """The views that are wanted, the newest first."""
        rows = await self._pool.fetch(
            """
            select v.view_id, v.at, v.agent_id, v.customer_id, c.code, c.name, v.reason, v.call_id, v.detail
            from card_view v left join customer c using (customer_id)
            where ($1::bigint is null or v.customer_id = $1) and ($2::text is null or v.agent_id = $2)
              and ($3::timestamptz is null or v.at >= $3) and ($4::timestamptz is null or v.at < $4)
              and ($5::bigint is null or v.view_id < $5)
            order by v.view_id desc limit $6
            """,
            wanted.customer_id,
            wanted.agent_id,
            wanted.since,
            wanted.until,
            wanted.before,
            min(wanted.limit, MAX_LIMIT),
        )
        return [CardView(*row) for row in rows]
