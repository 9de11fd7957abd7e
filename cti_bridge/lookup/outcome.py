"""What became of the search for a caller's card: a closed union of values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from cti_bridge.calls.numbers import CallerKind
from cti_bridge.lookup.card import Lookup


@dataclass(frozen=True, slots=True)
class Found:
    """``card``: JSON in UTF-8, shaped as ``card.Card``, to be sent on as it is. ``source``: who had it."""

    e164: str
    card: bytes
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody has this number. ``source``: who knew."""

    e164: str
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Withheld:
    """There is no number to look for; ``kind`` says why."""

    kind: CallerKind


@dataclass(frozen=True, slots=True)
class Internal:
    """A colleague's telephone calls."""

    extension: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No store could be asked. Asking again later may find somebody."""

    e164: str


Resolution: TypeAlias = Found | Unknown | Withheld | Internal | Unreachable


def on_wire(resolution: Resolution) -> tuple[Lookup, bytes | None]:
    """What a browser is told, and the card it gets with it, set exactly when one was found."""
    match resolution:
        case Found(card=card):
            return Lookup.FOUND, card
        case Unknown():
            return Lookup.UNKNOWN, None
        case Internal():
            return Lookup.INTERNAL, None
        case Withheld():
            return Lookup.WITHHELD, None
        case Unreachable():
            return Lookup.UNAVAILABLE, None
        case _:
            assert_never(resolution)


def source_of(resolution: Resolution) -> str:
    """Who knew: the cache or the database; empty where nobody was asked, or nobody answered."""
    return resolution.source if isinstance(resolution, (Found, Unknown)) else ""
