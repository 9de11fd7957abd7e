"""Counselling answers of customers, one for each question."""

from __future__ import annotations

import asyncpg

from cti_bridge.calls.ids import AgentId


class Answers:
    """Answers in PostgreSQL. Raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def put(self, customer_id: int, question: str, answer: str | None, agent_id: AgentId) -> bool:
        """Keep ``answer``, JSON, or for None take it back; False: there is no such customer."""
        if answer is None:
            await self._pool.execute(
                "delete from counselling_answer where customer_id = $1 and question = $2",
                customer_id,
                question,
            )
            return bool(
                await self._pool.fetchval(
                    "select exists (select from customer where customer_id = $1)", customer_id
                )
            )
        try:
            await self._pool.execute(
                "insert into counselling_answer (customer_id, question, answer, agent_id)"
                " values ($1, $2, $3::jsonb, $4) on conflict (customer_id, question) do update set"
                " answer = excluded.answer, agent_id = excluded.agent_id, answered_at = now()",
                customer_id,
                question,
                answer,
                agent_id,
            )
        except asyncpg.ForeignKeyViolationError:
            return False
        return True
