"""Makes customers and changes them, field by field, as an agent does at the telephone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import asyncpg

from cti_bridge.calls.numbers import normalise
from cti_bridge.customers.csv_columns import NUMBERS, Columns
from cti_bridge.customers.csv_row import BadRow, Rules, read_row
from cti_bridge.customers.search import Hit, Search

# What an agent may give; the code is the bridge's when none is given.
FIELDS = ("name", "reading", "rank", "birth_date", "postcode", "address", "email", "preferred_channel")
_CODE_PREFIX = "T"
_MAX_DUPLICATES = 5


@dataclass(frozen=True, slots=True)
class Created:
    """A customer was made."""

    customer_id: int
    code: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A customer was changed."""


@dataclass(frozen=True, slots=True)
class Faulty:
    """What is wrong, field by field."""

    faults: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """People who may be the same; to be made all the same when that is confirmed."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such customer."""


CreateOutcome: TypeAlias = Created | Faulty | Duplicates
ChangeOutcome: TypeAlias = Changed | Faulty | Missing


class Profiles:
    """Customers in PostgreSQL. Raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool, region: str) -> None:
        self._pool = pool
        self._region = region
        self._search = Search(pool, region)

    async def create(
        self, fields: Mapping[str, str], numbers: Sequence[str], *, is_confirmed: bool = False
    ) -> CreateOutcome:
        """A new customer with these fields and numbers, unless somebody like that is there already."""
        row = self._judged({"name": "", **fields}, numbers)
        if isinstance(row, Faulty):
            return row
        values, found = row
        if not is_confirmed and (hits := await self._alike(values, [e164 for e164, _ in found])):
            return Duplicates(tuple(hits))
        async with self._pool.acquire() as connection, connection.transaction():
            names = [name for name, value in values.items() if value is not None]
            places = ", ".join(f"${n}" for n in range(1, len(names) + 1))
            # The code is made of the id, which nobody else has.
            made = await connection.fetchrow(
                f"with made as (insert into customer (code, {', '.join(names)})"  # noqa: S608 - our own names
                f" values (gen_random_uuid()::text, {places}) returning customer_id)"
                " select customer_id from made",
                *(values[name] for name in names),
            )
            code = f"{_CODE_PREFIX}{made['customer_id']:07}"
            await connection.execute(
                "update customer set code = $2 where customer_id = $1", made["customer_id"], code
            )
            await self._add_numbers(connection, made["customer_id"], found)
        return Created(made["customer_id"], code)

    async def change(
        self, customer_id: int, fields: Mapping[str, str], add: Sequence[str], remove: Sequence[str]
    ) -> ChangeOutcome:
        """Change ``fields``, add numbers, remove others (in E.164); what is not named stays."""
        row = self._judged(fields, add)
        if isinstance(row, Faulty):
            return row
        values, found = row
        sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, 2))
        async with self._pool.acquire() as connection, connection.transaction():
            done = await connection.fetchval(
                f"update customer set {sets + ', ' if sets else ''}updated_at = now()"  # noqa: S608 - our own names
                " where customer_id = $1 returning customer_id",
                customer_id,
                *values.values(),
            )
            if done is None:
                return Missing()
            await connection.execute(
                "delete from customer_number where customer_id = $1 and e164 = any($2)",
                customer_id,
                list(remove),
            )
            await self._add_numbers(connection, customer_id, found)
        return Changed()

    def _judged(
        self, fields: Mapping[str, str], numbers: Sequence[str]
    ) -> tuple[dict[str, object], tuple[tuple[str, str], ...]] | Faulty:
        """The fields read as those of a file are."""
        unknown = [BadRow(0, name, "is not a known field") for name in fields if name not in FIELDS]
        if unknown:
            return Faulty(tuple(unknown))
        bad = [
            BadRow(0, name, "contains a character that cannot be kept")
            for name, value in (*fields.items(), *((NUMBERS, number) for number in numbers))
            if not _is_text(value)
        ]
        if bad:
            return Faulty(tuple(bad))
        names = ("code", "name", *(name for name in fields if name != "name"), NUMBERS)
        given = {
            "code": "x",
            "name": fields.get("name", "x"),
            NUMBERS: ";".join("".join(n.split()) for n in numbers),
        }
        texts = [given.get(name, fields.get(name, "")) for name in names]
        row = read_row(0, texts, Columns(names), Rules(self._region, datetime.now(UTC).date()))
        if isinstance(row, list):
            return Faulty(tuple(row))
        return {name: row.values[name] for name in fields}, row.numbers or ()

    async def _alike(self, values: Mapping[str, object], e164s: Sequence[str]) -> list[Hit]:
        """Who has one of the numbers, or the same name at the same postcode."""
        found: dict[int, Hit] = {}
        for e164 in e164s:
            for hit in await self._search.find(e164):
                if hit.matched == "number" and any(number.e164 == e164 for number in hit.numbers):
                    found[hit.customer_id] = hit
        if values.get("postcode"):
            for hit in await self._search.find(str(values["name"])):
                if hit.postcode == values["postcode"]:
                    found[hit.customer_id] = hit
        return list(found.values())[:_MAX_DUPLICATES]

    async def _add_numbers(
        self, connection: asyncpg.Connection, customer_id: int, numbers: Sequence[tuple[str, str]]
    ) -> None:
        await connection.executemany(
            "insert into customer_number (customer_id, e164, label, display) values ($1, $2, $3, $4)"
            " on conflict do nothing",
            [
                (customer_id, e164, label, normalise(e164, region=self._region).display)
                for e164, label in numbers
            ],
        )


def _is_text(value: str) -> bool:
    return "\0" not in value and not any(0xD800 <= ord(one) <= 0xDFFF for one in value)
