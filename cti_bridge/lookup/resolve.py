"""From a caller to the caller's card: out of Redis, else out of PostgreSQL, or a value that says why not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

import structlog

from cti_bridge.calls.numbers import Caller, CallerKind
from cti_bridge.clock import Clock
from cti_bridge.lookup.bounded import Spawn, bounded
from cti_bridge.lookup.cache import NOBODY
from cti_bridge.lookup.guarded_cache import CACHE_TIMEOUT_S, Cache, GuardedCache
from cti_bridge.lookup.link import Link, OnHealth
from cti_bridge.lookup.outcome import Found, Internal, Resolution, Unknown, Unreachable, Withheld
from cti_bridge.storage.postgres import FAULTS
from cti_bridge.telemetry import mask

_log = structlog.get_logger(__name__)

DATABASE_TIMEOUT_S = 1.0

Source: TypeAlias = Literal["cache", "negative", "database", "nobody", "unreachable"]
"""Where an answer came from; ``negative`` and ``nobody``: cache and database know that nobody has it."""

OnLookup: TypeAlias = Callable[[Source, float], None]


class Cards(Protocol):
    """Where cards are read when the cache has none: see ``query.PostgresCards``."""

    def read(self, e164: str | None, customer_id: int | None = None, /) -> Coroutine[Any, Any, bytes | None]:
        """The card of the customer, or of who has the number; None when there is nobody."""

    def ask(self) -> Coroutine[Any, Any, None]:
        """Return when the database answers."""


@dataclass(slots=True, eq=False)
class _Flight:
    """One query under way. ``is_stale``: what it reads may be from before a change."""

    answer: asyncio.Future[tuple[Resolution, Source]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    is_stale: bool = False


class Resolver:
    """Finds cards. ``resolve`` never raises and never waits longer than its two timeouts.

    Callers who ask for one number at one time share one query. ``spawn`` runs
    it in the background, so that it outlives whoever asked first.
    """

    def __init__(
        self,
        cards: Cards,
        cache: Cache,
        *,
        spawn: Spawn,
        on_lookup: OnLookup = lambda source, seconds: None,
        on_health: OnHealth = lambda store, is_up: None,
        clock: Clock | None = None,
        cache_timeout_s: float = CACHE_TIMEOUT_S,
        database_timeout_s: float = DATABASE_TIMEOUT_S,
        retry_s: float = 1.0,
    ) -> None:
        self._cards = cards
        self._spawn = spawn
        self._on_lookup = on_lookup
        self._ticks_ns = (clock or Clock()).ticks_ns
        self._database_timeout_s = database_timeout_s
        self._cache = GuardedCache(
            cache, spawn=spawn, on_health=on_health, timeout_s=cache_timeout_s, retry_s=retry_s
        )
        self._database = Link(
            "postgres",
            cards.ask,
            FAULTS,
            spawn=spawn,
            on_health=on_health,
            ask_timeout_s=database_timeout_s,
            retry_s=retry_s,
        )
        self._flights: dict[str, _Flight] = {}

    @property
    def redis_is_up(self) -> bool:
        """Whether Redis answered when it was last asked."""
        return self._cache.is_up

    @property
    def postgres_is_up(self) -> bool:
        """Whether PostgreSQL answered when it was last asked."""
        return self._database.is_up

    async def probe(self) -> None:
        """Ask both stores how they are, so that a fault shows although nobody calls. Never raises."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._cache.probe())
            tasks.create_task(self._database.probe())

    async def resolve(self, caller: Caller) -> Resolution:
        """Whose call this is."""
        if caller.kind is CallerKind.EXTENSION:
            return Internal(caller.display)
        if caller.e164 is None:
            return Withheld(caller.kind)
        began_ns = self._ticks_ns()
        resolution, source = await self._find(caller.e164)
        self._on_lookup(source, (self._ticks_ns() - began_ns) / 1e9)
        return resolution

    async def card_of(self, customer_id: int, e164: str | None) -> Resolution:
        """The card of somebody in particular, with the others who use ``e164``; out of PostgreSQL.

        Not cached: it is asked for when an agent chose somebody, not at a ring.
        """
        began_ns = self._ticks_ns()
        is_known, card = await self._read(e164, customer_id)
        source: Source = "unreachable" if not is_known else "nobody" if card is None else "database"
        self._on_lookup(source, (self._ticks_ns() - began_ns) / 1e9)
        if not is_known:
            return Unreachable(e164 or "")
        return Unknown(e164 or "", "database") if card is None else Found(e164 or "", card, "database")

    async def invalidate(self, e164s: Collection[str]) -> None:
        """What is known of these numbers has changed. A query under way is answered, not kept."""
        for e164 in e164s:
            flight = self._flights.pop(e164, None)
            if flight is not None:
                flight.is_stale = True
        await self._cache.forget(e164s)

    async def invalidate_all(self) -> None:
        """What is known of any number may have changed."""
        for flight in self._flights.values():
            flight.is_stale = True
        self._flights.clear()
        await self._cache.forget_all()

    async def _find(self, e164: str) -> tuple[Resolution, Source]:
        flight = self._flights.get(e164)
        if flight is None:
            held = await self._cache.get(e164)
            if held == NOBODY:
                return Unknown(e164, "cache"), "negative"
            if held is not None:
                return Found(e164, held, "cache"), "cache"
            # Somebody may have set out while Redis was asked.
            flight = self._flights.get(e164) or self._set_out(e164)
        try:
            return await asyncio.shield(flight.answer)
        except asyncio.CancelledError:
            if flight.answer.cancelled():  # the bridge is stopping; we are not the ones cancelled
                return Unreachable(e164), "unreachable"
            raise

    def _set_out(self, e164: str) -> _Flight:
        flight = self._flights[e164] = _Flight()
        self._spawn(self._fly(e164, flight))
        return flight

    async def _fly(self, e164: str, flight: _Flight) -> None:
        try:
            is_known, card = await self._read(e164)
            if not is_known:
                flight.answer.set_result((Unreachable(e164), "unreachable"))
                return
            if card is None:
                flight.answer.set_result((Unknown(e164, "database"), "nobody"))
            else:
                flight.answer.set_result((Found(e164, card, "database"), "database"))
            if not flight.is_stale:
                await self._cache.put(e164, card)
                if flight.is_stale:  # the change came while Redis was being told
                    await self._cache.forget([e164])
        finally:
            if self._flights.get(e164) is flight:
                del self._flights[e164]
            if not flight.answer.done():
                flight.answer.cancel()

    async def _read(self, e164: str | None, customer_id: int | None = None) -> tuple[bool, bytes | None]:
        """Whether the database answered, and the card."""
        try:
            reading = self._cards.read(e164, customer_id)
            return True, await bounded(reading, self._database_timeout_s, self._spawn)
        except FAULTS:
            self._database.suspect()
        except Exception:  # noqa: BLE001 - a task's border: an unforeseen fault costs one card, not all calls
            _log.exception("card_not_read", number=mask(e164), customer_id=customer_id)
        return False, None
