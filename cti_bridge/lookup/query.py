"""Reads a card from PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Final

import asyncpg

from cti_bridge.settings import Settings

CARD_SQL: Final = resources.files("cti_bridge.lookup").joinpath("card.sql").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class CardRules:
    """What the settings say of a card.

    ``gate_thank_yous``, ``gate_months``: either opens the gate to cross-selling, 0 for no such way;
    ``due_before_days``: how long before its day a purchase is shown; ``overdue_after_days``: how long
    after its day it is overdue.
    """

    gate_thank_yous: int = 0
    gate_months: int = 0
    due_before_days: int = 7
    overdue_after_days: int = 7


def card_rules(settings: Settings) -> CardRules:
    """What ``settings`` say of a card."""
    gate, segments = settings.suggest, settings.segments
    return CardRules(
        gate.gate_thank_yous, gate.gate_months, segments.due_before_days, segments.overdue_after_days
    )


class PostgresCards:
    """Cards read through ``pool``. Every method raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool, rules: CardRules | None = None) -> None:
        self._pool = pool
        self._rules = rules or CardRules()

    async def read(self, e164: str | None, customer_id: int | None = None) -> bytes | None:
        """The card of ``customer_id``, or of the likeliest holder of ``e164``; None: there is nobody.

        JSON in UTF-8, at most 8 KB, shaped as ``card.Card``; the others who use ``e164`` stand on it.
        Prepared once a connection.
        """
        rules = self._rules
        card: bytes | None = await self._pool.fetchval(
            CARD_SQL,
            e164,
            customer_id,
            rules.gate_thank_yous,
            rules.gate_months,
            rules.due_before_days,
            rules.overdue_after_days,
        )
        return card

    async def ask(self) -> None:
        """Ask for nothing: returns when PostgreSQL answers."""
        await self._pool.fetchval("select 1")
