"""What agents said of their calls: one disposition of each agent for each call, every earlier one kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

import asyncpg

from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.customers.dispositions import ContactKind

MAX_AMOUNT_MINOR = 10**12
# When the call is over, it is a contact of the kind that was said.
_CONTACTS = "select write_call_contacts($1::text[])"
_COLUMNS = (
    "agent_id, category, disposition, amount_minor, follow_up_on, customer_id, revision, at, changed_at"
)

Saved: TypeAlias = Literal["saved", "unchanged", "no_such_customer"]


@dataclass(frozen=True, slots=True)
class Word:
    """What is to be said; ``kind``, ``is_open`` and ``subject`` are the call's contact's."""

    category: str
    disposition: str
    kind: ContactKind
    is_open: bool
    subject: str
    amount_minor: int | None
    follow_up_on: date | None
    customer_id: int | None


@dataclass(frozen=True, slots=True)
class Said:
    """What one agent said. ``revision`` counts from 1."""

    agent_id: AgentId
    category: str
    disposition: str
    amount_minor: int | None
    follow_up_on: date | None
    customer_id: int | None
    revision: int
    at: datetime
    changed_at: datetime | None


class CallDispositions:
    """Dispositions in PostgreSQL. Every method raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def put(self, call_id: CallId, agent_id: AgentId, word: Word) -> Saved:
        """Say it; the same said again changes nothing."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                is_new = await _put(connection, call_id, agent_id, word)
                if is_new:
                    await connection.execute(_CONTACTS, [call_id])
        except asyncpg.ForeignKeyViolationError:
            return "no_such_customer"
        return "saved" if is_new else "unchanged"

    async def of_call(self, call_id: CallId) -> list[Said]:
        """What was said of a call, the first to speak first."""
        rows = await self._pool.fetch(
            f"select {_COLUMNS} from call_disposition where call_id = $1 order by at, agent_id",  # noqa: S608
            call_id,
        )
        return [Said(**row) for row in rows]

    async def has_note(self, call_id: CallId, customer_id: int) -> bool:
        """Whether a note of the customer was written for this call."""
        found: bool = await self._pool.fetchval(
            "select exists (select from karte_note"
            " where customer_id = $1 and call_id = $2 and deleted_at is null)",
            customer_id,
            call_id,
        )
        return found

    async def spoke(self, call_id: CallId) -> frozenset[AgentId] | None:
        """Who spoke on a recorded call; None: it is not on record."""
        row = await self._pool.fetchrow(
            """
            select array(
                select s.agent_id from call_stint s where s.call_id = c.call_id and s.answered_at is not null
            ) as agents
            from call c where c.call_id = $1
            """,
            call_id,
        )
        return None if row is None else frozenset(row["agents"])


async def _put(connection: asyncpg.Connection, call_id: CallId, agent_id: AgentId, word: Word) -> bool:
    """Whether anything changed by it."""
    # A row that is being written is waited for, so that no change is counted twice.
    row = await connection.fetchrow(
        """
        insert into call_disposition as d (call_id, agent_id, category, disposition, kind, is_open, subject,
            amount_minor, follow_up_on, customer_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (call_id, agent_id) do update set revision = d.revision
        returning (d.category, d.disposition, d.kind, d.is_open, d.subject, d.amount_minor, d.follow_up_on,
                   d.customer_id) is distinct from ($3, $4, $5, $6, $7, $8::bigint, $9::date, $10::bigint)
                  as differs, xmax = 0 as is_first
        """,
        call_id,
        agent_id,
        word.category,
        word.disposition,
        word.kind,
        word.is_open,
        word.subject,
        word.amount_minor,
        word.follow_up_on,
        word.customer_id,
    )
    if row["is_first"] or not row["differs"]:
        return bool(row["is_first"])
    await connection.execute(
        """
        with before as (
            insert into call_disposition_revision (call_id, agent_id, revision, category, disposition,
                amount_minor, follow_up_on, customer_id)
            select call_id, agent_id, revision, category, disposition, amount_minor, follow_up_on, customer_id
            from call_disposition where call_id = $1 and agent_id = $2
        )
        update call_disposition set category = $3, disposition = $4, kind = $5, is_open = $6, subject = $7,
            amount_minor = $8, follow_up_on = $9, customer_id = $10, revision = revision + 1,
            changed_at = now()
        where call_id = $1 and agent_id = $2
        """,
        call_id,
        agent_id,
        word.category,
        word.disposition,
        word.kind,
        word.is_open,
        word.subject,
        word.amount_minor,
        word.follow_up_on,
        word.customer_id,
    )
    return True
