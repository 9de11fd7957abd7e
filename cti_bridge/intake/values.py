"""Single values from outside, as text of a file or as JSON, made ready for the database or refused.

A reader takes one value and gives what the database takes, or ``Wrong`` with
the reason. Every text is composed (NFC) and free of control characters; what
is written full-width in codes, numbers and dates is read as half-width.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from unicodedata import category, normalize
from zoneinfo import ZoneInfo

MAX_AMOUNT_MINOR = 10**13
MAX_QUANTITY = 1_000_000
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
# Clocks differ; a day is more than any time zone and less than any mistake of the year.
AHEAD = timedelta(days=1)
_SHOWN_CHARS = 40

_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|(\d{2})(\d{2})|年(\d{1,2})月(\d{1,2})日)"
)
_TIME = re.compile(r"[T\s]*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s*(Z|[+-]\d{2}:?\d{2})?")
_AMOUNT = re.compile(r"[¥\\]?(-?\d{1,3}(?:,\d{3})+|-?\d+)円?")
_TRUE, _FALSE = frozenset({"true", "yes", "1", "y", "t"}), frozenset({"false", "no", "0", "n", "f"})


@dataclass(frozen=True, slots=True)
class Wrong:
    """A value that cannot be taken, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What values are judged by: the region's country and time zone, and the moment of the import."""

    region: str
    zone: ZoneInfo
    now: datetime


Reader: TypeAlias = Callable[[object, Rules], object]


def is_empty(raw: object) -> bool:
    """Whether nothing was given."""
    return raw is None or (isinstance(raw, str) and not raw.strip())


def text(limit: int, *, lines: bool = False) -> Reader:
    """A text of at most ``limit`` characters; ``lines``: its line breaks stay, else they become spaces."""

    def read(raw: object, _rules: Rules) -> str | Wrong:
        if isinstance(raw, int) and not isinstance(raw, bool):
            raw = str(raw)
        if not isinstance(raw, str):
            return Wrong("is not a text")
        if len(raw) > 4 * limit:
            return Wrong(f"is longer than {limit:,} characters ({len(raw):,})")
        found = normalize("NFC", raw.replace("\r\n", "\n").strip())
        found = found if lines else " ".join(found.split())
        if bad := next((one for one in found if category(one) in ("Cc", "Cs") and one not in "\n\t"), None):
            return Wrong(f"contains the control character U+{ord(bad):04X}")
        return (
            found if len(found) <= limit else Wrong(f"is longer than {limit:,} characters ({len(found):,})")
        )

    return read


def code(limit: int) -> Reader:
    """An identifier: half-width, without spaces."""
    as_text = text(limit)

    def read(raw: object, rules: Rules) -> str | Wrong:
        found = as_text(normalize("NFKC", raw) if isinstance(raw, str) else raw, rules)
        if isinstance(found, str) and " " in found:
            return Wrong(f"must not contain spaces: '{shown(found)}'")
        return found  # type: ignore[return-value]

    return read


def one_of(allowed: Sequence[str]) -> Reader:
    """One of some words, in any case."""

    def read(raw: object, _rules: Rules) -> str | Wrong:
        found = normalize("NFKC", raw).strip().lower() if isinstance(raw, str) else ""
        if found in allowed:
            return found
        near = difflib.get_close_matches(found, allowed, n=1)
        hint = f", did you mean '{near[0]}'?" if near else f" is none of {', '.join(allowed)}"
        return Wrong(f"'{shown(raw)}'{hint}")

    return read


def moment(raw: object, rules: Rules) -> datetime | Wrong:
    """A time; without an offset it is one of the region's clocks, without an hour the day's beginning."""
    if not isinstance(raw, str):
        return Wrong("is not a date and time like 2026-04-08 10:15")
    found = normalize("NFKC", raw).strip()
    at = _iso(found, rules.zone)
    if at is None:
        return Wrong(f"'{shown(raw)}' is not a date and time like 2026-04-08 10:15")
    if isinstance(at, Wrong):
        return at
    if at > rules.now + AHEAD:
        return Wrong(f"{shown(raw)} is in the future")
    return at if at >= EARLIEST else Wrong(f"{shown(raw)} is too long ago")


def _iso(found: str, zone: ZoneInfo) -> datetime | Wrong | None:
    try:
        at = datetime.fromisoformat(found)
    except ValueError:
        day = _DAY.match(found)
        if day is None:
            return None
        rest = found[day.end() :]
        clock = _TIME.fullmatch(rest) if rest else None
        if rest and clock is None:
            return None
        year, month, date = (int(part) for part in day.groups() if part is not None)
        hour, minute, second = (int(part or 0) for part in clock.groups()[:3]) if clock else (0, 0, 0)
        try:
            at = datetime(year, month, date, hour, minute, second)  # noqa: DTZ001 - the zone follows
            if clock and clock[4]:
                at = at.replace(tzinfo=datetime.fromisoformat("2000-01-01T00:00" + clock[4]).tzinfo)
        except ValueError:
            return Wrong(f"there is no such time: {shown(found)}")
    try:
        return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return Wrong(f"there is no such time: {shown(found)}")


def amount(raw: object, _rules: Rules) -> int | Wrong:
    """An amount in the currency's minor unit, not negative: 1200, "1,200", "¥1,200"."""
    found = _whole(raw, _AMOUNT)
    if found is None:
        return Wrong(f"'{shown(raw)}' is not an amount like 1200")
    if found < 0:
        return Wrong(f"{found} is negative")
    return found if found <= MAX_AMOUNT_MINOR else Wrong(f"{found} is too large")


def signed_amount(raw: object, _rules: Rules) -> int | Wrong:
    """An amount that may be negative, as a refund is."""
    found = _whole(raw, _AMOUNT)
    if found is None:
        return Wrong(f"'{shown(raw)}' is not an amount like 1200")
    return found if abs(found) <= MAX_AMOUNT_MINOR else Wrong(f"{found} is too large")


def quantity(raw: object, _rules: Rules) -> int | Wrong:
    """How many, at least one."""
    found = _whole(raw, _AMOUNT)
    if found is None or found < 1:
        return Wrong(f"'{shown(raw)}' is not a quantity like 2")
    return found if found <= MAX_QUANTITY else Wrong(f"{found} is too large")


def flag(raw: object, _rules: Rules) -> bool | Wrong:
    """Yes or no."""
    if isinstance(raw, bool):
        return raw
    found = normalize("NFKC", str(raw)).strip().lower()
    if found in _TRUE or found in _FALSE:
        return found in _TRUE
    return Wrong(f"'{shown(raw)}' is neither true nor false")


def shown(raw: object) -> str:
    """``raw`` for a message: short, on one line."""
    found = "".join(one if category(one)[0] != "C" else "�" for one in str(raw)[: _SHOWN_CHARS + 1])
    return found if len(found) <= _SHOWN_CHARS else found[:_SHOWN_CHARS] + "…"


def _whole(raw: object, pattern: re.Pattern[str]) -> int | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return raw
    if not isinstance(raw, str):
        return None
    found = pattern.fullmatch(normalize("NFKC", raw).strip().replace(" ", ""))
    return int(found[1].replace(",", "")) if found is not None and len(found[1]) <= 20 else None
