"""The cards kept in Redis, under the number they belong to.

A key ``card:+81312345678`` holds the card's bytes, or a mark that nobody has
the number, which spares the database a caller who is not a customer.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from redis.asyncio import Redis

from cti_bridge.storage.redis_line import RedisLine

PREFIX: Final = "card:"
# A card begins with a brace, so one byte tells the two apart.
NOBODY: Final = b"-"

FOUND_TTL_S = 3600
# Shorter: the next call from an unknown number may be the one after the first order elsewhere.
NOBODY_TTL_S = 600
_SCAN_COUNT = 1000


class CardCache:
    """Cards by number. Every method raises what is in ``storage.redis.FAULTS``.

    ``line`` serves the ring, ``client`` what takes its time.
    """

    def __init__(
        self,
        line: RedisLine,
        client: Redis,
        *,
        found_ttl_s: int = FOUND_TTL_S,
        nobody_ttl_s: int = NOBODY_TTL_S,
    ) -> None:
        self._line = line
        self._client = client
        self._found_ttl_s = found_ttl_s
        self._nobody_ttl_s = nobody_ttl_s

    async def get(self, e164: str) -> bytes | None:
        """The card, ``NOBODY`` when it is known that nobody has the number, None when nothing is known."""
        held = await self._line.ask("GET", PREFIX + e164)
        return held if isinstance(held, bytes) else None

    async def put(self, e164: str, card: bytes | None) -> None:
        """Keep ``card``, or for None that nobody has the number."""
        ttl_s = self._nobody_ttl_s if card is None else self._found_ttl_s
        await self._line.ask("SET", PREFIX + e164, NOBODY if card is None else card, "EX", ttl_s)

    async def put_new(self, e164: str, card: bytes) -> bool:
        """Keep ``card`` unless something is held of the number; whether it was kept."""
        kept = await self._line.ask("SET", PREFIX + e164, card, "EX", self._found_ttl_s, "NX")
        return kept is not None

    async def drop(self, e164s: Collection[str]) -> None:
        """Forget these numbers."""
        if e164s:
            await self._line.ask("UNLINK", *(PREFIX + e164 for e164 in e164s))

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
        await self._line.ask("PING")
