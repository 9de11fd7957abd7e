"""What changed while nobody listened: read from the changes written down in ``card_change``.

A position is the oldest transaction that was still under way when it was
noted. Whatever commits later has that number or a higher one, so reading from
there on misses nothing; what is read twice is dropped twice, which does no harm.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

# Changes are kept for a day. One who was away for longer than half of that does not rely on it.
TRUSTED_FOR = timedelta(hours=12)

_POSITION = "select pg_snapshot_xmin(pg_current_snapshot())::text as xmin, now() as at"
_CHANGES = "select distinct unnest(e164s) as e164 from card_change where xid >= $1::text::xid8"
_IS_ALL = "select exists (select from card_change where xid >= $1::text::xid8 and e164s is null)"


@dataclass(frozen=True, slots=True)
class _Position:
    xmin: str
    at: datetime


class Missed:
    """The positions of one listener. Its methods raise what is in ``storage.postgres.FAULTS``."""

    def __init__(self) -> None:
        self._older: _Position | None = None
        self._newer: _Position | None = None
        self._read: _Position | None = None

    async def read(self, connection: asyncpg.Connection) -> Collection[str] | None:
        """The numbers changed since the connection before this one; None: any may have.

        To be asked once this connection listens. Call ``dropped`` when what it gave is dropped:
        a connection may be cut before that, and the next one must read the same again.
        """
        since, self._read = self._older, None
        now = self._read = await self._ask(connection)
        if since is None or now.at - since.at > TRUSTED_FOR:
            return None
        if await connection.fetchval(_IS_ALL, since.xmin):
            return None
        return {row["e164"] for row in await connection.fetch(_CHANGES, since.xmin)}

    def dropped(self) -> None:
        """What the last ``read`` gave is dropped: the next one reads on from there."""
        if self._read is not None:
            self._older = self._newer = self._read
            self._read = None

    async def note(self, connection: asyncpg.Connection) -> None:
        """Note where it stands, now that the connection is known to be well.

        Read from is the position before the last: what committed just before
        the last may still have been on its way when the connection was cut.
        """
        self._older, self._newer = self._newer, await self._ask(connection)

    async def _ask(self, connection: asyncpg.Connection) -> _Position:
        row = await connection.fetchrow(_POSITION)
        return _Position(row["xmin"], row["at"])
