"""Finds customers by what an agent hears: name, reading, the end of a number, postcode, order number.

Names are compared by pairs of letters (see ``search_grams`` in the
migrations): kana of any kind, small or large, voiced or not, are the same.
First all pairs of what was typed must be there; when that finds nobody, all but
the two or three that one wrong, missing or doubled letter spoils. Of those
found the most alike come first, and of these who ordered last. What is looked
at is bounded, so that the commonest name costs no more than a rare one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Final, Literal, TypeAlias
from unicodedata import normalize

import asyncpg

from cti_bridge.calls.numbers import CallerKind
from cti_bridge.calls.numbers import normalise as normalise_number

MAX_HITS = 50
MAX_QUERY_CHARS = 100
MIN_TAIL_DIGITS = 3
_PUNCTUATION = re.compile(r"[\s\-‐‑–—−ー()()〒.／/]")
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_.\-]{0,63}")

Matched: TypeAlias = Literal["name", "number", "postcode", "order", "code"]

# Sorted before anything else is read of them: numbers of a thousand customers would take 30 ms.
_SHOWN: Final = """
with hit as materialized ({hits}),
top as (
    select hit.customer_id, hit.order_number, s.last_order_at,
           row_number() over (
               order by hit.closeness desc, s.last_order_at desc nulls last, hit.customer_id) as place
    from hit left join customer_segment s using (customer_id)
    order by place limit $2)
select c.customer_id, c.code, c.name, c.reading, c.rank, c.postcode, c.address, top.last_order_at,
       top.order_number,
       array(
           select n.e164 || E'\\n' || n.display from customer_number n
           where n.customer_id = c.customer_id order by n.e164 limit 3) as numbers
from top join customer c using (customer_id) order by top.place
"""


def _statements() -> dict[str, str]:
    text = resources.files("cti_bridge.customers").joinpath("search.sql").read_text(encoding="utf-8")
    _, *parts = re.split(r"^-- (number|tail|postcode|orders|code|name|alike)$", text, flags=re.MULTILINE)
    return {name: _SHOWN.format(hits=hits) for name, hits in zip(parts[::2], parts[1::2], strict=True)}


_STATEMENTS: Final = _statements()


@dataclass(frozen=True, slots=True)
class HitNumber:
    """One of a hit's numbers; ``display`` as people write it."""

    e164: str
    display: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer found. ``matched``: by what; ``order_number``: by which order, if by one."""

    customer_id: int
    code: str
    name: str
    reading: str
    rank: str
    postcode: str
    address: str
    numbers: tuple[HitNumber, ...]
    last_order_at: datetime | None
    matched: Matched
    order_number: str | None = None


class Search:
    """Searches through ``pool``. Raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool, region: str = "JP") -> None:
        self._pool = pool
        self._region = region

    async def find(self, text: str, *, limit: int = 20) -> list[Hit]:
        """Up to ``limit`` customers whom ``text`` may mean, the likeliest first; none for too little text."""
        wanted = " ".join(normalize("NFKC", text).replace("\0", "").split())[:MAX_QUERY_CHARS]
        limit = max(1, min(limit, MAX_HITS))
        found: dict[int, Hit] = {}
        compact = _PUNCTUATION.sub("", wanted)
        async with self._pool.acquire() as connection:
            if compact.removeprefix("+").isascii() and compact.removeprefix("+").isdigit():
                await self._by_digits(connection, wanted, compact, limit, found)
            else:
                if _CODE.fullmatch(wanted.upper()):
                    await _add(found, "code", await connection.fetch(_STATEMENTS["code"], wanted, limit))
                    await _add(found, "order", await connection.fetch(_STATEMENTS["orders"], wanted, limit))
                await self._by_name(connection, wanted, limit, found)
        return list(found.values())[:limit]

    async def _by_digits(
        self, connection: asyncpg.Connection, wanted: str, compact: str, limit: int, found: dict[int, Hit]
    ) -> None:
        caller = normalise_number(wanted, region=self._region)
        if caller.kind is CallerKind.NUMBER and caller.e164 is not None:
            await _add(found, "number", await connection.fetch(_STATEMENTS["number"], caller.e164, limit))
        await _add(found, "order", await connection.fetch(_STATEMENTS["orders"], wanted, limit))
        await _add(found, "code", await connection.fetch(_STATEMENTS["code"], wanted, limit))
        if len(compact) >= MIN_TAIL_DIGITS and len(found) < limit:
            tail = compact.lstrip("+")
            if len(tail) == 7:
                await _add(found, "postcode", await connection.fetch(_STATEMENTS["postcode"], tail, limit))
            await _add(found, "number", await connection.fetch(_STATEMENTS["tail"], tail[::-1], limit))
            if len(tail) < 7:
                await _add(found, "postcode", await connection.fetch(_STATEMENTS["postcode"], tail, limit))

    async def _by_name(
        self, connection: asyncpg.Connection, wanted: str, limit: int, found: dict[int, Hit]
    ) -> None:
        rows = await connection.fetch(_STATEMENTS["name"], wanted, limit)
        if not rows and not found:
            rows = await connection.fetch(_STATEMENTS["alike"], wanted, limit)
        await _add(found, "name", rows)


async def _add(found: dict[int, Hit], matched: Matched, rows: list[asyncpg.Record]) -> None:
    for row in rows:
        if row["customer_id"] in found:
            continue
        numbers = tuple(
            HitNumber(e164, display) for e164, _, display in (one.partition("\n") for one in row["numbers"])
        )
        found[row["customer_id"]] = Hit(
            row["customer_id"],
            row["code"],
            row["name"],
            row["reading"],
            row["rank"],
            row["postcode"],
            row["address"],
            numbers,
            row["last_order_at"],
            matched,
            row["order_number"],
        )
