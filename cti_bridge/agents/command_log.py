"""The log of commands in PostgreSQL: who had the PBX do what, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import msgspec

from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.clock import as_utc

_INSERT: Final = """
    insert into command_log (at, agent_id, kind, call_id, target, outcome, detail)
    values ($1, $2, $3, $4, $5::jsonb, $6, $7)
"""


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """One command. ``target``: what it was about; ``outcome``: done, unconfirmed, or why it was refused."""

    at_s: float
    agent_id: AgentId
    kind: str
    call_id: CallId | None
    target: dict[str, Any]
    outcome: str
    detail: str


class CommandLog:
    """Writes entries. ``write`` raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def write(self, entry: CommandEntry) -> None:
        """Add one entry."""
        await self._pool.execute(
            _INSERT,
            as_utc(entry.at_s),
            entry.agent_id,
            entry.kind,
            entry.call_id,
            msgspec.json.encode(entry.target).decode(),
            entry.outcome,
            entry.detail,
        )
