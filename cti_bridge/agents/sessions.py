"""Sessions: who is signed in, as opaque ids kept in Redis.

The browser holds the id in a cookie; Redis holds only its hash, so that a
copy of Redis lets nobody in. A session ends after a time without use and
after its whole time in any case, whichever comes first, and as soon as the
roster says so: see :meth:`cti_bridge.staff.Staff.admits`. Losing Redis' data
costs everybody a sign-in.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import NewType

import msgspec
from redis.asyncio import Redis

from cti_bridge.agents.permissions import Role
from cti_bridge.calls.ids import AgentId
from cti_bridge.clock import Clock, as_utc
from cti_bridge.settings import SessionSettings
from cti_bridge.storage import redis as redis_store

SessionId = NewType("SessionId", str)
SessionKey = NewType("SessionKey", str)

COOKIE = "cti_session"
# A person waits for this answer at sign-in, and every request after it does.
TIMEOUT_S = 1.0
# Use is noted no more often than this: one write a minute for each session instead of one a request.
RENEW_S = 60
_ID_BYTES = 32
_LONGEST_ID = 64


class _Stored(msgspec.Struct, frozen=True):
    """A session as Redis holds it."""

    agent_id: AgentId
    login: str
    role: Role
    created_at: datetime


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in. ``key`` names it without giving the id away."""

    key: SessionKey
    agent_id: AgentId
    login: str
    role: Role
    created_at: datetime


class Sessions:
    """Every session of the centre.

    All methods raise :class:`cti_bridge.errors.Unavailable` within ``TIMEOUT_S`` when Redis cannot
    be reached.
    """

    def __init__(
        self,
        redis: Redis,
        settings: SessionSettings,
        clock: Clock,
        admits: Callable[[Session], bool] = lambda session: True,
    ) -> None:
        self._redis = redis
        self._idle_s = settings.idle_s
        self._absolute_s = settings.absolute_s
        self._clock = clock
        self._admits = admits

    async def create(self, agent_id: AgentId, login: str, role: Role) -> SessionId:
        """Begin a session; the id goes to the browser and nowhere else."""
        session_id = SessionId(secrets.token_urlsafe(_ID_BYTES))
        stored = _Stored(agent_id, login, role, as_utc(self._clock.now_s()))
        name, data = _name(key_of(session_id)), msgspec.json.encode(stored)
        async with redis_store.within(TIMEOUT_S):
            await self._redis.set(name, data, px=self._ttl_ms(stored))
        return session_id

    async def read(self, session_id: str) -> Session | None:
        """Whose session this is, noting its use; None when there is none or it ended."""
        if not 0 < len(session_id) <= _LONGEST_ID:
            return None
        return await self.renew(key_of(SessionId(session_id)))

    async def renew(self, key: SessionKey) -> Session | None:
        """The session of ``key``, noting its use; None when it ended."""
        name = _name(key)
        async with redis_store.within(TIMEOUT_S):
            async with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.get(name)
                pipeline.pttl(name)
                data, left_ms = await pipeline.execute()
        stored = _decode(data)
        if stored is None:
            return None
        session = Session(
            key=key,
            agent_id=stored.agent_id,
            login=stored.login,
            role=stored.role,
            created_at=stored.created_at,
        )
        ttl_ms = self._ttl_ms(stored)
        # What is not admitted stays: somebody new may be signed in before the roster was read anew.
        if ttl_ms <= 0 or not self._admits(session):
            return None
        if ttl_ms - left_ms >= RENEW_S * 1000:
            async with redis_store.within(TIMEOUT_S):
                await self._redis.pexpire(name, ttl_ms)
        return session

    async def end(self, session_id: str) -> SessionKey:
        """Sign out. Ending a session that is not there does nothing."""
        key = key_of(SessionId(session_id))
        async with redis_store.within(TIMEOUT_S):
            await self._redis.delete(_name(key))
        return key

    def _ttl_ms(self, stored: _Stored) -> int:
        age_s = self._clock.now_s() - stored.created_at.timestamp()
        return int(min(self._idle_s, self._absolute_s - age_s) * 1000)


def key_of(session_id: SessionId) -> SessionKey:
    """The name a session goes by inside the bridge."""
    # A cookie may hold anything, lone surrogates too; what is replaced is no id of ours.
    return SessionKey(hashlib.sha256(session_id.encode(errors="replace")).hexdigest())


def _name(key: SessionKey) -> str:
    return f"session:{key}"


def _decode(data: bytes | None) -> _Stored | None:
    """What Redis holds, or None when it holds nothing that we wrote: then the person signs in again."""
    try:
        return msgspec.json.decode(data, type=_Stored) if data else None
    except msgspec.DecodeError:
        return None
