"""Reads a card from PostgreSQL."""

from __future__ import annotations

from importlib import resources
from typing import Final

import asyncpg

CARD_SQL: Final = resources.files("cti_bridge.lookup").joinpath("card.sql").read_text(encoding="utf-8")


class PostgresCards:
    """Cards read through ``pool``. Every method raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def read(self, e164: str) -> bytes | None:
        """The card of ``e164`` as JSON in UTF-8, shaped as ``card.Card``; None: nobody has the number.

        Prepared once a connection; about 0.5 ms at 50,000 customers and a million orders.
        """
        card: bytes | None = await self._pool.fetchval(CARD_SQL, e164)
        return card

    async def ask(self) -> None:
        """Ask for nothing: returns when PostgreSQL answers."""
        await self._pool.fetchval("select 1")
