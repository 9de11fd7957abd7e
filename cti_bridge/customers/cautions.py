"""Cautions: what an agent must see before anything else, and complaints that are still open."""

from __future__ import annotations

from typing import Literal, TypeAlias

import asyncpg

from cti_bridge.calls.ids import AgentId

Severity: TypeAlias = Literal["notice", "warning", "critical"]
MAX_CHARS = 300


class Cautions:
    """Cautions in PostgreSQL. Raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, customer_id: int, severity: Severity, text: str, agent_id: AgentId) -> int | None:
        """The new caution's id; None: there is no such customer."""
        try:
            made: int = await self._pool.fetchval(
                "insert into caution (customer_id, severity, text, agent_id) values ($1, $2, $3, $4)"
                " returning caution_id",
                customer_id,
                severity,
                text,
                agent_id,
            )
        except asyncpg.ForeignKeyViolationError:
            return None
        return made

    async def end(self, caution_id: int, agent_id: AgentId) -> int | None:
        """It holds no more; whose it was, None: there is none that holds."""
        whose: int | None = await self._pool.fetchval(
            "update caution set ended_at = now(), ended_by = $2 where caution_id = $1 and ended_at is null"
            " returning customer_id",
            caution_id,
            agent_id,
        )
        return whose

    async def close_contact(self, contact_id: int, agent_id: AgentId, *, may_others: bool) -> int | None:
        """A complaint or inquiry is settled; whose it was, None: no open one that the agent may close."""
        whose: int | None = await self._pool.fetchval(
            "update contact set is_open = false, closed_at = now() where contact_id = $1 and is_open"
            " and ($3 or agent_id = $2) returning customer_id",
            contact_id,
            agent_id,
            may_others,
        )
        return whose
