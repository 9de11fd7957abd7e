"""The card cache as the resolver sees it: it may be slow, empty or gone, never wrong and never in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Protocol

from cti_bridge.lookup.bounded import Spawn
from cti_bridge.lookup.link import Link, OnHealth
from cti_bridge.storage.redis import FAULTS

# A lookup that waits longer is better off in the database, which answers in half a millisecond.
CACHE_TIMEOUT_S = 0.05
_DROP_TIMEOUT_S = 1.0
_DROP_ALL_TIMEOUT_S = 30.0
MAX_OWED = 10_000


class Cache(Protocol):
    """What is guarded: see ``cache.CardCache``."""

    async def get(self, e164: str, /) -> bytes | None:
        """What is held; None when nothing is."""

    async def put(self, e164: str, card: bytes | None, /) -> None:
        """Keep it."""

    async def drop(self, e164s: Collection[str], /) -> None:
        """Forget these."""

    async def drop_all(self) -> None:
        """Forget all."""

    async def ask(self) -> None:
        """Return when Redis answers."""


class GuardedCache:
    """Reads and writes that never raise, and forgetting that is never forgotten.

    A number that must be forgotten is owed from that moment until Redis has
    confirmed it; what is owed is neither read nor written. While Redis is
    away what is owed piles up, past ``MAX_OWED`` numbers as "all of them", and
    is settled before Redis is trusted again.
    """

    def __init__(
        self,
        cache: Cache,
        *,
        spawn: Spawn,
        on_health: OnHealth,
        timeout_s: float = CACHE_TIMEOUT_S,
        retry_s: float = 1.0,
    ) -> None:
        self._cache = cache
        self._timeout_s = timeout_s
        self._owed: set[str] = set()
        self._owes_all = False
        self._dropping: set[str] = set()
        self._dropping_all = False
        self._settling = asyncio.Lock()
        self._link = Link(
            "redis",
            self._settle_and_ask,
            FAULTS,
            spawn=spawn,
            on_health=on_health,
            ask_timeout_s=_DROP_ALL_TIMEOUT_S,
            retry_s=retry_s,
        )

    @property
    def is_up(self) -> bool:
        """Whether Redis answered when it was last asked."""
        return self._link.is_up

    async def probe(self) -> None:
        """Ask Redis how it is, so that a fault shows although nobody calls."""
        await self._link.probe()

    async def get(self, e164: str) -> bytes | None:
        """What is held of ``e164`` and may be believed; None also when Redis is slow or gone."""
        if not self._may_use(e164):
            return None
        try:
            async with asyncio.timeout(self._timeout_s):
                held = await self._cache.get(e164)
        except FAULTS:
            self._link.suspect()
            return None
        return held if self._may_use(e164) else None

    async def put(self, e164: str, card: bytes | None) -> None:
        """Keep ``card`` (None: nobody has the number), if Redis takes it in time."""
        if not self._may_use(e164):
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._cache.put(e164, card)
        except FAULTS:
            self._link.suspect()

    async def forget(self, e164s: Collection[str]) -> None:
        """Forget these numbers: at once for our own reads, in Redis as soon as it answers."""
        self._owed.update(e164s)
        if len(self._owed) > MAX_OWED:
            self._owed.clear()
            self._owes_all = True
        await self._try_to_settle()

    async def forget_all(self) -> None:
        """Forget every number."""
        self._owes_all = True
        await self._try_to_settle()

    def _may_use(self, e164: str) -> bool:
        return (
            self._link.is_trusted
            and not (self._owes_all or self._dropping_all)
            and e164 not in self._owed
            and e164 not in self._dropping
        )

    async def _try_to_settle(self) -> None:
        if not self._link.is_trusted:
            return  # the link settles before it trusts again
        try:
            await self._settle()
        except FAULTS:
            self._link.suspect()

    async def _settle_and_ask(self) -> None:
        async with asyncio.timeout(_DROP_TIMEOUT_S):
            await self._cache.ask()
        await self._settle()

    async def _settle(self) -> None:
        """Drop what is owed. What is owed anew meanwhile is dropped again."""
        async with self._settling:
            while self._owed or self._owes_all:
                self._dropping, self._owed = self._owed, set()
                self._dropping_all, self._owes_all = self._owes_all, False
                try:
                    if self._dropping_all:
                        async with asyncio.timeout(_DROP_ALL_TIMEOUT_S):
                            await self._cache.drop_all()
                    else:
                        async with asyncio.timeout(_DROP_TIMEOUT_S):
                            await self._cache.drop(self._dropping)
                except BaseException:
                    self._owed |= self._dropping
                    self._owes_all |= self._dropping_all
                    raise
                finally:
                    self._dropping, self._dropping_all = set(), False
