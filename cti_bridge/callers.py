"""Callers: what is known of who is on each live call, asked for at the first event that bears the number."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import structlog

from cti_bridge.calls.ids import CallId
from cti_bridge.calls.numbers import Caller, CallerKind
from cti_bridge.clock import Clock
from cti_bridge.lookup.card import Lookup
from cti_bridge.lookup.outcome import Resolution, Unreachable, on_wire, source_of
from cti_bridge.records.trace import Trace
from cti_bridge.telemetry import Telemetry, mask

log = structlog.get_logger(__name__)


class Resolves(Protocol):
    """Finds the card of a caller; never raises."""

    async def resolve(self, caller: Caller) -> Resolution:
        """The card, or why there is none."""
        ...

    async def card_of(self, customer_id: int, e164: str | None) -> Resolution:
        """The card of somebody in particular."""
        ...


class _Number(msgspec.Struct):
    e164: str


class _Head(msgspec.Struct):
    customer_id: int
    name: str
    rank: str
    numbers: list[_Number] = []


class CardHead(msgspec.Struct):
    """The part of a card that is looked at here; the rest is skipped, not decoded."""

    profile: _Head
    sharers: list[msgspec.Raw] = []


_read_head = msgspec.json.Decoder(CardHead).decode


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom an agent says a call is from; None: nobody of those the number belongs to."""

    customer_id: int | None


@dataclass(slots=True, eq=False)
class Known:
    """What is known of one call's caller. ``task`` is there while the stores are asked.

    ``choice``: what an agent said, which counts before what the number says.
    """

    caller: Caller
    choice: Choice | None = None
    lookup: Lookup = Lookup.PENDING
    card: bytes | None = None
    task: asyncio.Task[Resolution] | None = None

    def head(self) -> CardHead | None:
        """The card's head, when there is a card."""
        return _read_head(self.card) if self.card is not None else None

    def numbers(self) -> Iterator[str]:
        """What a change must be of to concern the card: the number called from, and the chosen customer's."""
        if self.caller.e164 is not None:
            yield self.caller.e164
        if self.choice is not None and (head := self.head()) is not None:
            yield from (number.e164 for number in head.profile.numbers)

    def drop(self) -> None:
        """Ask no more."""
        if self.task is not None:
            self.task.cancel()


class Callers:
    """The callers of all live calls. ``on_known`` is told whenever more, or other, is known of one."""

    def __init__(
        self,
        resolver: Resolves,
        on_known: Callable[[CallId, Known], None],
        spawn: Callable[[Coroutine[Any, Any, Resolution]], asyncio.Task[Resolution]],
        trace: Trace,
        telemetry: Telemetry,
        clock: Clock,
    ) -> None:
        self._resolver = resolver
        self._on_known = on_known
        self._spawn = spawn
        self._trace = trace
        self._telemetry = telemetry
        self._clock = clock
        self._known: dict[CallId, Known] = {}

    def get(self, call_id: CallId) -> Known | None:
        """What is known of a call's caller; None for a call that is over."""
        return self._known.get(call_id)

    def learn(self, call_id: CallId, caller: Caller) -> Known:
        """Begin to know a call's caller, or begin anew when the caller became another."""
        known = self._known.get(call_id)
        if known is None:
            known = self._known[call_id] = Known(caller)
        elif known.caller == caller:
            return known
        else:
            known.caller, known.lookup, known.card, known.choice = caller, Lookup.PENDING, None, None
        self._ask(call_id, known)
        return known

    def choose(self, call_id: CallId, choice: Choice | None) -> bool:
        """An agent says whom a call is from, or takes that back; False for a call that is over."""
        known = self._known.get(call_id)
        if known is None:
            return False
        known.choice = choice
        self._ask(call_id, known)
        return True

    def take_out(self, call_id: CallId) -> Known | None:
        """The call is over, or is part of another."""
        return self._known.pop(call_id, None)

    def put_in(self, call_id: CallId, known: Known) -> None:
        """Another call's caller is this one's, and is asked for anew."""
        self._known[call_id] = known
        self._ask(call_id, known)

    def refresh(self, e164s: frozenset[str] | None) -> None:
        """Cards of these numbers (None: of all) may have changed: ask again for the live calls."""
        for call_id, known in self._known.items():
            if e164s is None or not e164s.isdisjoint(known.numbers()):
                self._ask(call_id, known)

    def retry_unavailable(self) -> None:
        """A store answers again: ask for the cards that could not be had."""
        for call_id, known in self._known.items():
            if known.lookup is Lookup.UNAVAILABLE and known.task is None:
                self._ask(call_id, known)

    def _ask(self, call_id: CallId, known: Known) -> None:
        if known.task is not None:
            known.task.cancel()
            known.task = None
        chosen = known.choice.customer_id if known.choice is not None else None
        if known.choice is not None and chosen is None:
            known.lookup, known.card = Lookup.UNKNOWN, None
            self._on_known(call_id, known)
        elif chosen is not None or known.caller.kind is CallerKind.NUMBER:
            self._trace.asked(call_id, self._clock.ticks_ns(), known.caller.e164 or "")
            task = known.task = self._spawn(self._resolve(known.caller, chosen))
            task.add_done_callback(lambda done: self._resolved(call_id, known, done))
        else:
            known.lookup = Lookup.INTERNAL if known.caller.kind is CallerKind.EXTENSION else Lookup.WITHHELD
            known.card = None
            self._on_known(call_id, known)

    async def _resolve(self, caller: Caller, chosen: int | None) -> Resolution:
        """A fault of ours in a look-up costs this card, not the bridge."""
        try:
            if chosen is not None:
                return await self._resolver.card_of(chosen, caller.e164)
            return await self._resolver.resolve(caller)
        except Exception:
            self._telemetry.task_failures.labels("resolve").inc()
            log.exception("resolve_failed", number=mask(caller.e164))
            return Unreachable(caller.e164 or "")

    def _resolved(self, call_id: CallId, known: Known, task: asyncio.Task[Resolution]) -> None:
        if task.cancelled() or known.task is not task:
            return
        known.task = None
        lookup, card = on_wire(task.result())
        if lookup is Lookup.UNAVAILABLE and known.lookup is Lookup.FOUND:
            return  # a card asked for anew when the stores are gone: the old one is better than none
        known.lookup, known.card = lookup, card
        head = known.head()
        self._trace.answered(
            call_id,
            self._clock.ticks_ns(),
            lookup,
            source=source_of(task.result()),
            customer=head.profile.name if head else None,
            sharers=len(head.sharers) if head else 0,
        )
        self._on_known(call_id, known)
