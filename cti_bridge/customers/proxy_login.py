"""Proxy logins (C10): a code that is good once, and what the shop may do with it until the call ends.

The code goes through the browser, so it is short-lived and says nothing; the
grant is what the shop's server holds after it redeemed the code, and asks
about as long as it lasts.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import asyncpg

from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.clock import Clock, as_utc
from cti_bridge.settings import ProxyLoginSettings

EndReason: TypeAlias = Literal["call_ended", "signed_out", "too_old"]
_CODE_BYTES = 32
_LONGEST_CODE = 100

_GRANT = """
    select p.grant_id, p.agent_id, p.customer_id, c.code as customer_code, p.call_id, p.issued_at,
           p.redeemed_at, p.ended_at, p.end_reason, coalesce(a.name, p.agent_id) as agent_name
    from proxy_login p join customer c using (customer_id) left join agent a using (agent_id)
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """One agent in one customer's place, for one call. ``ended_at`` None: it may still be used."""

    grant_id: str
    agent_id: AgentId
    agent_name: str
    customer_id: int
    customer_code: str
    call_id: CallId
    redeemed_at: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None


class ProxyLogins:
    """Codes and grants in PostgreSQL. Every method raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool, settings: ProxyLoginSettings, clock: Clock) -> None:
        self._pool = pool
        self._code_s = timedelta(seconds=settings.code_s)
        self._grant_s = timedelta(seconds=settings.grant_s)
        self._clock = clock

    async def issue(self, agent_id: AgentId, customer_id: int, call_id: CallId) -> str | None:
        """A new code; None: there is no such customer."""
        code = secrets.token_urlsafe(_CODE_BYTES)
        try:
            await self._pool.execute(
                "insert into proxy_login (grant_id, code_hash, agent_id, customer_id, call_id, issued_at)"
                " values ($1, $2, $3, $4, $5, $6)",
                secrets.token_urlsafe(16),
                _hash(code),
                agent_id,
                customer_id,
                call_id,
                self._now(),
            )
        except asyncpg.ForeignKeyViolationError:
            return None
        return code

    async def redeem(self, code: str, source: str) -> Grant | None:
        """The grant behind ``code``; None for one that is made up, used, too old or whose call is over."""
        if len(code) > _LONGEST_CODE:
            return None
        now = self._now()
        grant_id = await self._pool.fetchval(
            """
            update proxy_login set redeemed_at = $2, redeemed_by = $3
            where code_hash = $1 and redeemed_at is null and ended_at is null and issued_at > $4
            returning grant_id
            """,
            _hash(code),
            now,
            source,
            now - self._code_s,
        )
        return await self.grant(grant_id, source) if grant_id is not None else None

    async def grant(self, grant_id: str, source: str) -> Grant | None:
        """A grant that ``source`` redeemed; None: there is none."""
        oldest = self._now() - self._grant_s
        await self._end("too_old", "grant_id = $3 and redeemed_at <= $4", grant_id, oldest)
        row = await self._pool.fetchrow(
            _GRANT + "where p.grant_id = $1 and p.redeemed_by = $2", grant_id, source
        )
        if row is None:
            return None
        return Grant(
            row["grant_id"],
            AgentId(row["agent_id"]),
            row["agent_name"],
            row["customer_id"],
            row["customer_code"],
            CallId(row["call_id"]),
            row["redeemed_at"],
            row["ended_at"],
            row["end_reason"],
        )

    async def end_call(self, call_id: CallId, agent_id: AgentId) -> None:
        """The agent left the call: its codes and grants are over."""
        await self._end("call_ended", "call_id = $3 and agent_id = $4", call_id, agent_id)

    async def end(self, grant_id: str, reason: EndReason) -> None:
        """One grant is over; an earlier end stays."""
        await self._end(reason, "grant_id = $3", grant_id)

    async def _end(self, reason: EndReason, which: str, *keys: object) -> None:
        statement = (
            f"update proxy_login set ended_at = $1, end_reason = $2 where ended_at is null and {which}"  # noqa: S608 - our own conditions
        )
        await self._pool.execute(statement, self._now(), reason, *keys)

    def _now(self) -> datetime:
        return as_utc(self._clock.now_s())


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode(errors="replace")).digest()
