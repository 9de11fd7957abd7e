"""Ended calls as they were recorded, the newest first, and the traces of them."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

import asyncpg
import msgspec

from cti_bridge.calls.ids import CallId
from cti_bridge.errors import Unavailable
from cti_bridge.records.steps import Step
from cti_bridge.records.trace_json import read_steps
from cti_bridge.storage.postgres import FAULTS, SETTING, explain

_T = TypeVar("_T")

# The name is shown where it can be only one person's: a number may be a household's.
_SELECT: Final = """
    select c.call_id, c.pbx, c.direction, c.caller_kind, c.caller_e164, c.caller_display, c.caller_name,
           c.dialled, c.started_at, c.answered_at, c.ended_at, c.outcome, c.has_gap,
           (select w.queue from call_queue_wait w where w.call_id = c.call_id
            order by w.entered_at desc limit 1) as queue,
           (select case when count(*) = 1 then min(p.name) end
            from customer_number n join customer p using (customer_id)
            where n.e164 = c.caller_e164) as customer_name,
           (select coalesce(json_agg(json_build_object(
                'agent_id', s.agent_id, 'is_answered', s.answered_at is not null, 'end', s.end_reason)
                order by s.rang_at, s.offer_id), '[]')
            from call_stint s where s.call_id = c.call_id) as stints
    from call c
"""
_ENDED: Final = (
    _SELECT
    + """
    where c.started_at >= $1 and c.ended_at is not null and c.outcome <> 'merged'
      and ($2::text is null or c.caller_e164 like '%' || $2
           or regexp_replace(c.caller_display, '[^0-9]', '', 'g') like '%' || $2)
      and ($3::text is null or exists (
           select from call_stint s where s.call_id = c.call_id and s.agent_id = $3))
      and ($4::text is null or c.outcome = $4)
    order by c.started_at desc, c.call_id desc limit $5
"""
)


class Stint(msgspec.Struct, frozen=True):
    """One agent's part. ``end``: a WithdrawReason or a PartReason, missing if its end was not seen."""

    agent_id: str
    is_answered: bool
    end: str | None


@dataclass(frozen=True, slots=True)
class Ended:
    """One recorded call. ``customer_name``: whose number it is, if one person's."""

    call_id: str
    pbx: str
    direction: str
    caller_kind: str
    caller_e164: str | None
    caller_display: str
    caller_name: str
    dialled: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    outcome: str
    has_gap: bool
    queue: str | None
    customer_name: str | None
    stints: list[Stint]


class RecentCalls:
    """Recorded calls. Every method raises ``Unavailable`` when PostgreSQL cannot be asked."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def ended(
        self, since: datetime, limit: int, *, digits: str | None, agent_id: str | None, outcome: str | None
    ) -> list[Ended]:
        """Calls begun since then, newest first. ``digits``: how the caller's number ends."""
        rows = await _asked(self._pool.fetch(_ENDED, since, digits, agent_id, outcome, limit))
        return [_ended(row) for row in rows]

    async def one(self, call_id: CallId) -> Ended | None:
        """One call that ended."""
        statement = _SELECT + " where c.call_id = $1 and c.ended_at is not null"
        row = await _asked(self._pool.fetchrow(statement, call_id))
        return None if row is None else _ended(row)

    async def steps(self, call_id: CallId) -> list[Step] | None:
        """The trace of one call, while it is kept."""
        found = await _asked(self._pool.fetchval("select steps from call_trace where call_id = $1", call_id))
        return None if found is None else read_steps(found)


def _ended(row: asyncpg.Record) -> Ended:
    fields = dict(row)
    fields["stints"] = msgspec.json.decode(fields["stints"], type=list[Stint])
    return Ended(**fields)


async def _asked(question: Awaitable[_T]) -> _T:
    try:
        return await question
    except FAULTS as error:
        raise Unavailable(SETTING, explain(error)) from error
