"""Tokens of the systems that send records: one for each source, of which only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import datetime

import asyncpg

PREFIX = "ctb_"
_BYTES = 32
# When a token was last used is written at most so often.
USED_EVERY_S = 60.0
_MAX_CHARS = 200


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source that may send. ``disabled_at``: since when its token is refused."""

    source: str
    created_at: datetime
    last_used_at: datetime | None
    disabled_at: datetime | None


class Tokens:
    """Tokens in PostgreSQL. Every method raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._used_s: dict[str, float] = {}

    async def create(self, source: str) -> str:
        """A new token for ``source``, shown this once; an older one is worth nothing from now on."""
        token = PREFIX + secrets.token_urlsafe(_BYTES)
        await self._pool.execute(
            "insert into api_token (source, token_hash) values ($1, $2)"
            " on conflict (source) do update set token_hash = excluded.token_hash, created_at = now(),"
            " last_used_at = null, disabled_at = null",
            source,
            _hash(token),
        )
        return token

    async def disable(self, source: str) -> bool:
        """Refuse the token from now on; False when there is no such source."""
        done: str = await self._pool.execute(
            "update api_token set disabled_at = coalesce(disabled_at, now()) where source = $1", source
        )
        return done != "UPDATE 0"

    async def sources(self) -> list[SourceState]:
        """All sources by name."""
        rows = await self._pool.fetch(
            "select source, created_at, last_used_at, disabled_at from api_token order by 1"
        )
        return [SourceState(*row) for row in rows]

    async def source_of(self, token: str) -> str | None:
        """Whose token it is; None for one that is wrong or disabled.

        Looked up by its hash: how long that takes tells nothing of the token.
        """
        if not token.startswith(PREFIX) or len(token) > _MAX_CHARS:
            return None
        source: str | None = await self._pool.fetchval(
            "select source from api_token where token_hash = $1 and disabled_at is null", _hash(token)
        )
        if source is not None and time.monotonic() - self._used_s.get(source, -USED_EVERY_S) >= USED_EVERY_S:
            self._used_s[source] = time.monotonic()
            await self._pool.execute("update api_token set last_used_at = now() where source = $1", source)
        return source


def _hash(token: str) -> bytes:
    """Tokens are random and long: a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
