"""The cards kept in Redis, under the number they belong to.

A key ``card:+81312345678`` holds the card's bytes, or a mark that nobody has
the number, which spares the database a caller who is not a customer.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from redis.asyncio import Redis

PREFIX: Final = "card:"
# A card begins with a brace, so one byte tells the two apart.
NOBODY: Final = b"-"

FOUND_TTL_S = 3600
# Shorter: the next call from an unknown number may be the one after the first order elsewhere.
NOBODY_TTL_S = 600
_SCAN_COUNT = 1000


class CardCache:
    """Cards by number. Every method raises what is in ``storage.redis.FAULTS``."""

    def __init__(
        self, client: Redis, *, found_ttl_s: int = FOUND_TTL_S, nobody_ttl_s: int = NOBODY_TTL_S
    ) -> None:
        self._client = client
        self._found_ttl_s = found_ttl_s
        self._nobody_ttl_s = nobody_ttl_s

    async def get(self, e164: str) -> bytes | None:
        """The card, ``NOBODY`` when it is known that nobody has the number, None when nothing is known."""
        held = await self._client.get(PREFIX + e164)
        return held if isinstance(held, bytes) else None

    async def put(self, e164: str, card: bytes | None) -> None:
        """Keep ``card``, or for None that nobody has the number."""
        if card is None:
            await self._client.set(PREFIX + e164, NOBODY, ex=self._nobody_ttl_s)
        else:
            await self._client.set(PREFIX + e164, card, ex=self._found_ttl_s)

    async def drop(self, e164s: Collection[str]) -> None:
        """Forget these numbers."""
        if e164s:
            await self._client.unlink(*(PREFIX + e164 for e164 in e164s))

    async def drop_all(self) -> None:
        """Forget every number; other keys stay. Takes about 1 s a million keys, in small steps."""
        batch: list[bytes] = []
        async for key in self._client.scan_iter(match=PREFIX + "*", count=_SCAN_COUNT):
            batch.append(key)
            if len(batch) >= _SCAN_COUNT:
                await self._client.unlink(*batch)
                batch.clear()
        if batch:
            await self._client.unlink(*batch)

    async def ask(self) -> None:
        """Ask for nothing: returns when Redis answers."""
        await self._client.ping()
