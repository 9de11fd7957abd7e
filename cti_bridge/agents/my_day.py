"""What came of an agent's day: sold on suggestion, and praise."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from cti_bridge.calls.ids import AgentId

# The session's time zone says when the day began.
_DAY = """
select
    (select coalesce(sum(amount_minor), 0) from suggestion_outcome
     where agent_id = $1 and outcome = 'accepted' and at >= current_date)::bigint as sold_minor,
    (select count(*) from suggestion_outcome
     where agent_id = $1 and outcome = 'accepted' and at >= current_date) as accepted,
    (select count(*) from contact
     where agent_id = $1 and kind = 'praise' and occurred_at >= current_date) as praise
"""


@dataclass(frozen=True, slots=True)
class Day:
    """Since midnight. ``sold_minor``: of the ``accepted`` suggestions; ``praise``: contacts that praise."""

    sold_minor: int
    accepted: int
    praise: int


class Days:
    """Days in PostgreSQL. Raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def today(self, agent_id: AgentId) -> Day:
        """The agent's day so far."""
        row = await self._pool.fetchrow(_DAY, agent_id)
        return Day(row["sold_minor"], row["accepted"], row["praise"])
