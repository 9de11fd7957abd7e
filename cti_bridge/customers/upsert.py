"""Writes customers by their codes, new or known, with their telephone numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from cti_bridge.calls.numbers import normalise
from cti_bridge.customers.csv_row import GoodRow

_TIMEOUT_S = 60.0
_TYPES = {"birth_date": "date", "joined_on": "date"}


@dataclass(frozen=True, slots=True)
class Written:
    """How many were new and how many were known."""

    created: int
    updated: int


async def upsert(pool: asyncpg.Pool, rows: Sequence[GoodRow], region: str) -> Written:
    """Write ``rows``, all with the same columns and each code once, in one transaction.

    Numbers are kept with the form in which people in ``region`` write them.

    Raises: asyncpg.PostgresError when the database refuses one of them; nothing is written then.
    """
    async with pool.acquire() as connection, connection.transaction():
        return await upsert_on(connection, rows, region)


async def upsert_on(connection: asyncpg.Connection, rows: Sequence[GoodRow], region: str) -> Written:
    """The same within the caller's transaction."""
    created = 0
    ids: dict[str, int] = {}
    # A customer without a day of joining joins today, or keeps the day there is.
    dated = [row for row in rows if row.values.get("joined_on") is not None]
    undated = [row for row in rows if row.values.get("joined_on") is None]
    for part in (dated, undated):
        if part:
            columns = [c for c in part[0].values if part is dated or c != "joined_on"]
            values = [[row.values[column] for row in part] for column in columns]
            for found in await connection.fetch(_upsert_sql(columns), *values, timeout=_TIMEOUT_S):
                ids[found["code"]] = found["customer_id"]
                created += found["is_new"]
    if rows[0].numbers is not None:
        await _replace_numbers(connection, rows, ids, region)
    return Written(created, len(rows) - created)


async def count_known(pool: asyncpg.Pool, codes: Sequence[str]) -> int:
    """How many of ``codes``, each given once, are customers already."""
    return int(await pool.fetchval("select count(*) from customer where code = any($1)", codes))


def _upsert_sql(columns: Sequence[str]) -> str:
    """``columns`` come from our own table of columns, never from a file."""
    names = ", ".join(columns)
    arrays = ", ".join(f"${n}::{_TYPES.get(column, 'text')}[]" for n, column in enumerate(columns, 1))
    sets = ", ".join(f"{column} = excluded.{column}" for column in columns if column != "code")
    # A row just inserted was locked by nobody: its xmax is 0.
    return (
        f"insert into customer ({names}) select * from unnest({arrays})"  # noqa: S608
        f" on conflict (code) do update set {sets}, updated_at = now()"
        " returning code, customer_id, xmax = 0 as is_new"
    )


async def _replace_numbers(
    connection: asyncpg.Connection, rows: Sequence[GoodRow], ids: dict[str, int], region: str
) -> None:
    """Numbers that stay keep the label they have."""
    triples = [(ids[row.code], e164, label) for row in rows for e164, label in row.numbers or ()]
    holders, e164s, labels = ([triple[n] for triple in triples] for n in range(3))
    await connection.execute(
        """
        delete from customer_number old
        where customer_id = any($1) and not exists (
            select from unnest($2::bigint[], $3::text[]) new (customer_id, e164)
            where new.customer_id = old.customer_id and new.e164 = old.e164)
        """,
        list(ids.values()),
        holders,
        e164s,
        timeout=_TIMEOUT_S,
    )
    await connection.execute(
        "insert into customer_number (customer_id, e164, label, display)"
        " select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[])"
        " on conflict (customer_id, e164) do update set display = excluded.display"
        " where customer_number.display <> excluded.display",
        holders,
        e164s,
        labels,
        [normalise(e164, region=region).display for e164 in e164s],
        timeout=_TIMEOUT_S,
    )
