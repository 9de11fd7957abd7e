"""Follows the changes PostgreSQL tells of, so that no screen keeps an old card or an old roster.

The triggers of the migrations say what is told, and write it down too: after
a lost connection only what changed meanwhile is dropped (see ``missed``).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import asyncpg
import msgspec
import structlog

from cti_bridge.lookup.missed import Missed
from cti_bridge.storage.postgres import COMMAND_TIMEOUT_S, CONNECT_TIMEOUT_S, FAULTS, explain

_log = structlog.get_logger(__name__)

CARD_CHANNEL = "card_changed"
ROSTER_CHANNEL = "roster_changed"
STALE_CHANNEL = "customer_stale"

# One order taken touches four tables in as many statements: what comes together is done together.
BATCH_S = 0.015
# A cut that closes no connection is noticed by asking; nothing else would ever be sent on this one.
ASK_EVERY_S = 15.0
FIRST_DELAY_S = 0.2
MAX_DELAY_S = 10.0
# Past this a batch is "every number": it bounds what a flood of changes can pile up.
MAX_BATCH = 20_000

OnCardsChanged: TypeAlias = Callable[[frozenset[str] | None], None]
OnRosterChanged: TypeAlias = Callable[[], Awaitable[None]]
OnStale: TypeAlias = Callable[[], None]


class Invalidated(Protocol):
    """Who holds cards: see ``resolve.Resolver``."""

    async def invalidate(self, e164s: Collection[str]) -> None:
        """Forget these numbers."""

    async def invalidate_all(self) -> None:
        """Forget every number."""


class _Told(msgspec.Struct):
    """The payload of ``card_changed``."""

    e164: list[str] = []
    all: bool = False


@dataclass(slots=True)
class _Batch:
    """What was told since the last look. ``is_lost``: the connection will tell nothing more."""

    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    e164s: set[str] = field(default_factory=set)
    is_all: bool = False
    is_roster: bool = False
    is_stale: bool = False
    is_lost: bool = False

    def take(self, _connection: object, _pid: int, channel: str, payload: str) -> None:
        """A notification came."""
        if channel == ROSTER_CHANNEL:
            self.is_roster = True
        elif channel == STALE_CHANNEL:
            self.is_stale = True
        else:
            try:
                told = msgspec.json.decode(payload, type=_Told)
            except msgspec.DecodeError:  # somebody else's hand; the safe reading is the widest
                told = _Told(all=True)
            self.add(None if told.all else told.e164)
        self.arrived.set()

    def add(self, e164s: Collection[str] | None) -> None:
        """These numbers changed; None: any may have."""
        self.e164s.update(e164s or ())
        self.is_all = self.is_all or e164s is None or len(self.e164s) > MAX_BATCH

    def lose(self, _connection: object) -> None:
        """The connection ended."""
        self.is_lost = True
        self.arrived.set()


async def follow_changes(
    dsn: str,
    held: Invalidated,
    *,
    on_cards_changed: OnCardsChanged,
    on_roster_changed: OnRosterChanged,
    on_stale: OnStale = lambda: None,
    batch_s: float = BATCH_S,
    ask_every_s: float = ASK_EVERY_S,
    first_delay_s: float = FIRST_DELAY_S,
) -> None:
    """Listen on ``dsn`` on a connection of its own; runs until cancelled.

    Whatever ``held`` holds of a changed number is dropped, then
    ``on_cards_changed`` gets the numbers, None for all. ``on_stale``: there are
    customers whose derived data is to be computed anew. When listening first
    begins everything counts as changed, later what was written down meanwhile.
    PostgreSQL may be away at any time, at the start too.
    """
    delay_s = first_delay_s
    missed = Missed()
    while True:
        try:
            connection = await asyncpg.connect(
                dsn,
                timeout=CONNECT_TIMEOUT_S,
                command_timeout=COMMAND_TIMEOUT_S,
                server_settings={"application_name": "cti-bridge changes"},
            )
        except FAULTS as error:
            _log.warning("changes_not_followed", cause=explain(error), retry_in_s=delay_s)
            await asyncio.sleep(delay_s * random.uniform(0.5, 1.0))
            delay_s = min(delay_s * 2, MAX_DELAY_S)
            continue
        delay_s = first_delay_s
        try:
            await _follow(
                connection, missed, held, on_cards_changed, on_roster_changed, on_stale, batch_s, ask_every_s
            )
        except FAULTS as error:
            _log.warning("changes_lost", cause=explain(error), retry_in_s=delay_s)
        finally:
            connection.terminate()
        await asyncio.sleep(delay_s * random.uniform(0.5, 1.0))


async def _follow(
    connection: asyncpg.Connection,
    missed: Missed,
    held: Invalidated,
    on_cards_changed: OnCardsChanged,
    on_roster_changed: OnRosterChanged,
    on_stale: OnStale,
    batch_s: float,
    ask_every_s: float,
) -> None:
    """Raises: what is in ``storage.postgres.FAULTS`` when the connection ends."""
    batch = _Batch(is_roster=True, is_stale=True)
    batch.arrived.set()
    connection.add_termination_listener(batch.lose)
    for channel in (CARD_CHANNEL, ROSTER_CHANNEL, STALE_CHANNEL):
        await connection.add_listener(channel, batch.take)
    batch.add(await missed.read(connection))
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(ask_every_s):
                await batch.arrived.wait()
        if batch.is_lost:
            raise ConnectionError("the connection ended")
        if not batch.arrived.is_set():
            await missed.note(connection)
            continue
        await asyncio.sleep(batch_s)
        e164s, is_all = frozenset(batch.e164s), batch.is_all
        is_roster, is_stale = batch.is_roster, batch.is_stale
        batch.e164s.clear()
        batch.is_all = batch.is_roster = batch.is_stale = False
        batch.arrived.clear()
        if batch.is_lost:
            batch.arrived.set()
        if is_all:
            await held.invalidate_all()
            on_cards_changed(None)
        elif e164s:
            await held.invalidate(e164s)
            on_cards_changed(e164s)
        missed.dropped()
        if is_stale:
            on_stale()
        if is_roster:
            await on_roster_changed()
