"""Whether a store answers: suspected after a fault, then asked until it does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Literal, TypeAlias

import structlog

from cti_bridge.lookup.bounded import Spawn, bounded

Store: TypeAlias = Literal["redis", "postgres"]

_log = structlog.get_logger(__name__)

ASK_TIMEOUT_S = 0.25
RETRY_S = 1.0


OnHealth: TypeAlias = Callable[[Store, bool], None]


class Link:
    """The state of the way to one store.

    ``is_trusted`` is false from the first fault until the store has answered
    again: who can do without it, does. ``is_up`` is what people are told: it
    turns false only when the store was asked and stayed silent, so that one
    slow answer, or one pause of our own process, alarms nobody.
    """

    def __init__(
        self,
        store: Store,
        ask: Callable[[], Coroutine[Any, Any, None]],
        faults: tuple[type[Exception], ...],
        *,
        spawn: Spawn,
        on_health: OnHealth,
        ask_timeout_s: float = ASK_TIMEOUT_S,
        retry_s: float = RETRY_S,
    ) -> None:
        self.is_up = True
        self.is_trusted = True
        self._store = store
        self._ask = ask
        self._faults = faults
        self._spawn = spawn
        self._on_health = on_health
        self._ask_timeout_s = ask_timeout_s
        self._retry_s = retry_s

    def suspect(self) -> None:
        """A fault was seen: ask at once, then every ``retry_s``, until the store answers."""
        if self.is_trusted:
            self.is_trusted = False
            self._spawn(self._ask_until_answered())

    async def probe(self) -> None:
        """Ask once; silence is a fault seen. Does nothing while the store is being asked anyway."""
        if self.is_trusted and not await self._answers():
            self.suspect()

    async def _ask_until_answered(self) -> None:
        while not await self._answers():
            self._tell(False)
            await asyncio.sleep(self._retry_s)
        self.is_trusted = True
        self._tell(True)

    async def _answers(self) -> bool:
        try:
            await bounded(self._ask(), self._ask_timeout_s, self._spawn)
        except self._faults as error:
            if self.is_up:
                _log.warning(
                    "store_lost",
                    store=self._store,
                    cause=" ".join(str(error).split()) or type(error).__name__,
                )
            return False
        return True

    def _tell(self, is_up: bool) -> None:
        if is_up != self.is_up:
            self.is_up = is_up
            if is_up:
                _log.info("store_back", store=self._store)
            self._on_health(self._store, is_up)
