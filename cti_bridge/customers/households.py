"""Whom a call was from, when an agent said so; the next call from that number begins with that person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import asyncpg

from cti_bridge.calls.ids import AgentId, CallId

# When the call is over, it is a contact of whoever it was from.
_CONTACTS = "select write_call_contacts($1::text[])"

Saved: TypeAlias = Literal["saved", "no_such_customer"]


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call on record: the number it came from, null where that was withheld."""

    e164: str | None


class Households:
    """Choices, kept in PostgreSQL. Every method raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def choose(
        self, call_id: CallId, e164: str | None, customer_id: int | None, agent_id: AgentId
    ) -> Saved:
        """The call is from ``customer_id``; None: from nobody of those the number belongs to."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(
                    """
                    insert into call_customer (call_id, e164, customer_id, chosen_by) values ($1, $2, $3, $4)
                    on conflict (call_id) do update
                    set customer_id = excluded.customer_id, chosen_by = excluded.chosen_by, chosen_at = now()
                    """,
                    call_id,
                    e164,
                    customer_id,
                    agent_id,
                )
                await connection.execute(_CONTACTS, [call_id])
        except asyncpg.ForeignKeyViolationError:
            return "no_such_customer"
        return "saved"

    async def take_back(self, call_id: CallId) -> None:
        """Nothing was said of the call; done when nothing was."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("delete from call_customer where call_id = $1", call_id)
            await connection.execute(_CONTACTS, [call_id])

    async def past_call(self, call_id: CallId, agent_id: AgentId) -> PastCall | None:
        """A recorded call that rang at the agent, or that the agent spoke on."""
        row = await self._pool.fetchrow(
            """
            select caller_e164 from call
            where call_id = $1 and exists (
                select from call_stint s where s.call_id = call.call_id and s.agent_id = $2)
            """,
            call_id,
            agent_id,
        )
        return None if row is None else PastCall(row["caller_e164"])
