"""Stores a test holds in its hand: they answer when told to, fail when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from redis.exceptions import ConnectionError as RedisConnectionError

from cti_bridge.calls.numbers import Caller, CallerKind

NUMBER, OTHER = "+81312345678", "+81398765432"


def caller(e164: str) -> Caller:
    return Caller(CallerKind.NUMBER, e164, e164)


class FakeCache:
    """``held`` is what it keeps. ``gate``: answers wait while it is closed."""

    def __init__(self) -> None:
        self.held: dict[str, bytes | None] = {}
        self.is_gone = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self.calls: list[str] = []

    async def _pass(self, what: str) -> None:
        self.calls.append(what)
        self.entered.set()
        await self.gate.wait()
        if self.is_gone:
            raise RedisConnectionError("gone")

    async def get(self, e164: str) -> bytes | None:
        await self._pass("get")
        held = self.held.get(e164, b"")
        return b"-" if held is None else held or None

    async def put(self, e164: str, card: bytes | None) -> None:
        await self._pass("put")
        self.held[e164] = card

    async def drop(self, e164s: Collection[str]) -> None:
        await self._pass("drop")
        for e164 in e164s:
            self.held.pop(e164, None)

    async def drop_all(self) -> None:
        await self._pass("drop_all")
        self.held.clear()

    async def ask(self) -> None:
        await self._pass("ask")


class FakeCards:
    """``known`` is what the database knows; ``asked`` which numbers it was asked for."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.fault: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()

    async def read(self, e164: str | None, customer_id: int | None = None) -> bytes | None:
        asked = e164 if customer_id is None else f"customer {customer_id}"
        self.asked.append(asked or "")
        known = self.known.get(asked or "")
        self.entered.set()
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return known

    async def ask(self) -> None:
        if self.fault is not None:
            raise self.fault


class Health:
    """Collects what people would be told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bool]] = []
        self.changed = asyncio.Event()

    def __call__(self, store: str, is_up: bool) -> None:
        self.told.append((store, is_up))
        self.changed.set()

    async def next(self) -> tuple[str, bool]:
        async with asyncio.timeout(5):
            await self.changed.wait()
        self.changed.clear()
        return self.told[-1]
