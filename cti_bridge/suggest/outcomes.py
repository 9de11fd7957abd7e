"""What became of a suggestion in a call: written down, so that the next list is a better one (S3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import asyncpg

from cti_bridge.calls.ids import AgentId

OutcomeKind: TypeAlias = Literal["offered", "accepted", "declined", "not_offered"]
MAX_AMOUNT_MINOR = 10**12


@dataclass(frozen=True, slots=True)
class Outcome:
    """``amount_minor`` is what was sold, with ``accepted`` alone. ``call_id`` is empty outside a call."""

    customer_id: int
    sku: str
    kind: OutcomeKind
    amount_minor: int | None
    call_id: str
    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class Recorded:
    """An outcome as it stands now."""

    product_id: int
    at: datetime


class Outcomes:
    """Outcomes in PostgreSQL. Raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def record(self, outcome: Outcome) -> Recorded | None:
        """Write it; of a call the last word counts. None: there is no such customer or product."""
        try:
            row = await self._pool.fetchrow(
                """
                insert into suggestion_outcome
                    (customer_id, product_id, outcome, amount_minor, reason_code, agent_id, call_id)
                select c.customer_id, p.product_id, $3, $4, coalesce(g.reason_code, ''), $6, $5
                from customer c
                cross join product p
                left join suggestion g on g.customer_id = c.customer_id and g.product_id = p.product_id
                    and g.model_id = (select m.model_id from suggestion_model m where m.is_current)
                where c.customer_id = $1 and p.sku = $2
                on conflict (customer_id, product_id, call_id) where call_id <> '' do update set
                    outcome = excluded.outcome, amount_minor = excluded.amount_minor,
                    agent_id = excluded.agent_id, at = now(),
                    reason_code = coalesce(nullif(excluded.reason_code, ''), suggestion_outcome.reason_code)
                returning product_id, at
                """,
                outcome.customer_id,
                outcome.sku,
                outcome.kind,
                outcome.amount_minor,
                outcome.call_id,
                outcome.agent_id,
            )
        except asyncpg.ForeignKeyViolationError:
            return None
        return None if row is None else Recorded(row["product_id"], row["at"])
