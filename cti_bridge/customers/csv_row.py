"""One record of a customer file: a customer ready to be written, or everything wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from unicodedata import normalize

import jaconv

from cti_bridge.calls.numbers import CallerKind, clean_text, normalise
from cti_bridge.customers.csv_columns import COLUMNS, NUMBERS, REQUIRED, Columns, is_number

RANKS = ("regular", "silver", "gold", "platinum")
CHANNELS = ("call", "email", "letter", "fax", "chat", "social", "shop_visit")
# Longest texts taken, in characters.
LIMITS = {"code": 64, "name": 100, "reading": 100, "postcode": 16, "address": 300, "email": 254}
MAX_NUMBERS = 20
_EARLIEST = date(1880, 1, 1)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|(\d{2})(\d{2}))")
_EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>.]+(?:\.[^\s@,;<>.]+)+")
_BETWEEN_NUMBERS = re.compile(r"[;,\s]+")
_MOBILE_JAPAN = re.compile(r"\+81[789]0")


@dataclass(frozen=True, slots=True)
class BadRow:
    """One fault. ``line`` is where the row begins, from 1; ``column`` is empty when it is the whole row."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class GoodRow:
    """``values``: by column, ready for the database. ``numbers``: (E.164, label); None: file has none."""

    line: int
    code: str
    values: dict[str, object]
    numbers: tuple[tuple[str, str], ...] | None


@dataclass(frozen=True, slots=True)
class Rules:
    """What a row is judged by: the region its numbers are dialled in, and the day of the import."""

    region: str
    today: date


@dataclass(frozen=True, slots=True)
class _Wrong:
    reason: str


def read_row(line: int, fields: Sequence[str], columns: Columns, rules: Rules) -> GoodRow | list[BadRow]:
    """The customer in ``fields``, or all faults of the row."""
    names = columns.names
    if len(fields) < len(names) or any(field.strip() for field in fields[len(names) :]):
        reason = f"{len(fields)} fields where the header names {len(names)} columns"
        return [BadRow(line, "", reason)]
    values: dict[str, object] = {}
    numbers: dict[str, str] = {}
    faults: list[BadRow] = []
    for column, raw in zip(names, fields, strict=False):
        read = _numbers(column, raw, rules) if is_number(column) else _READERS[column](column, raw, rules)
        if isinstance(read, _Wrong):
            faults.append(BadRow(line, column, read.reason))
        elif isinstance(read, dict):
            numbers.update(read)
        else:
            values[column] = read
    if len(numbers) > MAX_NUMBERS:
        faults.append(BadRow(line, NUMBERS, f"more than {MAX_NUMBERS} numbers"))
    if faults:
        return faults
    return GoodRow(line, str(values["code"]), values, tuple(numbers.items()) if columns.has_numbers else None)


def _text(column: str, raw: str, _rules: Rules) -> str | _Wrong:
    """One line of text; line breaks, full-width and repeated spaces become one space."""
    text = clean_text(" ".join(raw.split()), len(raw))
    if column in REQUIRED and not text:
        return _Wrong("is empty")
    if len(text) > LIMITS[column]:
        return _Wrong(f"is longer than {LIMITS[column]} characters")
    return text


def _code(column: str, raw: str, rules: Rules) -> str | _Wrong:
    text = _text(column, normalize("NFKC", raw), rules)
    if isinstance(text, str) and " " in text:
        return _Wrong(f"must not contain spaces: '{text}'")
    return text


def _reading(column: str, raw: str, rules: Rules) -> str | _Wrong:
    """Kana of any width and kind become full-width katakana."""
    return _text(column, jaconv.hira2kata(normalize("NFKC", raw)), rules)


def _one_of(allowed: Sequence[str], empty: str | None) -> Callable[[str, str, Rules], str | _Wrong | None]:
    def read(_column: str, raw: str, _rules: Rules) -> str | _Wrong | None:
        text = normalize("NFKC", raw).strip().lower()
        if not text:
            return empty
        return text if text in allowed else _Wrong(f"'{_short(raw)}' is none of {', '.join(allowed)}")

    return read


def _date(_column: str, raw: str, rules: Rules) -> date | _Wrong | None:
    text = normalize("NFKC", raw).strip()
    if not text:
        return None
    found = _DATE.fullmatch(text)
    if found is None:
        return _Wrong(f"'{_short(raw)}' is not a date like 1948-05-12")
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        on = date(year, month, day)
    except ValueError:
        return _Wrong(f"there is no day {_short(raw)}")
    if on > rules.today:
        return _Wrong(f"{_short(raw)} is in the future")
    return on if on >= _EARLIEST else _Wrong(f"{_short(raw)} is too long ago")


def _postcode(column: str, raw: str, rules: Rules) -> str | _Wrong:
    text = normalize("NFKC", raw).strip()
    if rules.region != "JP" or not text:
        return _text(column, text, rules)
    digits = re.sub(r"[〒\s\-‐‑–—−ー]", "", text)
    if re.fullmatch(r"[0-9]{7}", digits) is None:
        return _Wrong(f"'{_short(raw)}' is not a postcode of seven digits")
    return f"{digits[:3]}-{digits[3:]}"


def _email(column: str, raw: str, rules: Rules) -> str | _Wrong:
    text = _text(column, normalize("NFKC", raw), rules)
    if isinstance(text, str) and text and _EMAIL.fullmatch(text) is None:
        return _Wrong(f"'{_short(raw)}' is not an e-mail address")
    return text


def _numbers(column: str, raw: str, rules: Rules) -> dict[str, str] | _Wrong:
    """E.164 to label. In ``numbers`` several stand side by side, in ``number1`` and so on one."""
    text = normalize("NFKC", raw).strip()
    parts = _BETWEEN_NUMBERS.split(text) if column == NUMBERS else [text]
    found: dict[str, str] = {}
    wrong: list[str] = []
    for part in filter(None, parts):
        caller = normalise(part, region=rules.region)
        if caller.kind is CallerKind.NUMBER and caller.e164 is not None:
            found[caller.e164] = "mobile" if _MOBILE_JAPAN.match(caller.e164) else "other"
        else:
            wrong.append(f"'{_short(part)}'")
    return _Wrong(f"no telephone number: {', '.join(wrong[:MAX_NUMBERS])}") if wrong else found


def _short(raw: str) -> str:
    return clean_text(raw, 40)


_READERS: dict[str, Callable[[str, str, Rules], object]] = {
    **dict.fromkeys(COLUMNS, _text),
    "code": _code,
    "reading": _reading,
    "rank": _one_of(RANKS, RANKS[0]),
    "birth_date": _date,
    "joined_on": _date,
    "postcode": _postcode,
    "email": _email,
    "preferred_channel": _one_of(CHANNELS, None),
}
