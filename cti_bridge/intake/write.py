"""Writes records from outside, many at once.

Records are staged in temporary tables by COPY, then looked up, judged and
written by a few statements, the same for one record as for ten thousand. What
is refused does not take the others along.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Literal, TypeAlias

import asyncpg

from cti_bridge.intake.kinds import Field, Kind
from cti_bridge.intake.records import Fault, Good

OutcomeName: TypeAlias = Literal["created", "updated", "unchanged", "refused"]
_TIMEOUT_S = 120.0
_PART = re.compile(r"^-- (judge|write|write lines|after)$", re.MULTILINE)

_FIND_CUSTOMER = """
update staged s set customer_id = coalesce(
    (select c.customer_id from customer c where c.code = s.customer_code),
    (select i.customer_id from customer_identifier i
     where i.source = s.source and i.external_id = s.customer_external_id))
"""
_FIND_PRODUCT = "update staged_line l set product_id = p.product_id from product p where p.sku = l.sku"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of each record, by its place in the batch; refused ones have faults."""

    outcomes: Mapping[int, OutcomeName] = field(default_factory=dict)
    faults: Mapping[int, list[Fault]] = field(default_factory=dict)


async def write(
    connection: asyncpg.Connection, kind: Kind, source: str, records: Mapping[int, Good]
) -> Written:
    """Write ``records``, each key once, by their places, within the caller's transaction.

    Raises: what is in ``storage.postgres.FAULTS``.
    """
    if not records:
        return Written()
    sql = _sql(kind.name)
    await _stage(connection, kind, source, records)
    faults: dict[int, list[Fault]] = {}
    for row in await connection.fetch(sql["judge"], timeout=_TIMEOUT_S):
        faults.setdefault(row["place"], []).append(Fault(row["field"], row["reason"]))
    if faults:
        for table in _tables(kind):
            await connection.execute(f"delete from {table} where place = any($1)", list(faults))  # noqa: S608
    outcomes: dict[int, OutcomeName] = dict.fromkeys(faults, "refused")
    for place, is_new in await connection.fetch(sql["write"], timeout=_TIMEOUT_S):
        outcomes[place] = "unchanged" if is_new is None else "created" if is_new else "updated"
    if "write lines" in sql:
        for (place,) in await connection.fetch(sql["write lines"], timeout=_TIMEOUT_S):
            if outcomes[place] == "unchanged":
                outcomes[place] = "updated"
    if "after" in sql:
        await connection.execute(sql["after"], timeout=_TIMEOUT_S)
    return Written(outcomes, faults)


async def _stage(
    connection: asyncpg.Connection, kind: Kind, source: str, records: Mapping[int, Good]
) -> None:
    """Put the records into temporary tables, which stay with the connection, emptied at each commit."""
    columns = {"place": "int", "source": "text", **_types(kind.fields)}
    if kind.names_customer:
        columns["customer_id"] = "bigint"
    rows = [(place, source, *(good.values[name] for name in kind.fields)) for place, good in records.items()]
    if kind.name == "orders":
        rows = [_with_total(row, good, kind) for row, good in zip(rows, records.values(), strict=True)]
    await _fill(connection, "staged", columns, [*_names(columns, "customer_id")], rows)
    if kind.lines:
        columns = {"place": "int", "line": "int", **_types(kind.lines), "product_id": "bigint"}
        lines = [
            (place, number, *(line[name] for name in kind.lines))
            for place, good in records.items()
            for number, line in enumerate(good.lines, 1)
        ]
        await _fill(connection, "staged_line", columns, [*_names(columns, "product_id")], lines)
        await connection.execute(_FIND_PRODUCT, timeout=_TIMEOUT_S)
    if kind.names_customer:
        await connection.execute(_FIND_CUSTOMER, timeout=_TIMEOUT_S)


async def _fill(
    connection: asyncpg.Connection,
    table: str,
    columns: Mapping[str, str],
    filled: Sequence[str],
    rows: Sequence[tuple[object, ...]],
) -> None:
    definition = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    await connection.execute(f"drop table if exists pg_temp.{table}")
    await connection.execute(f"create temporary table {table} ({definition}) on commit drop")
    await connection.copy_records_to_table(table, columns=filled, records=rows, timeout=_TIMEOUT_S)
    if len(rows) > 1000:  # the planner guesses well for few, and for many must know
        await connection.execute(f"analyze {table}")


def _with_total(row: tuple[object, ...], good: Good, kind: Kind) -> tuple[object, ...]:
    """An order without a total comes to what its lines do."""
    at = 2 + list(kind.fields).index("total_minor")
    if row[at] is not None:
        return row
    total = sum(int(line["quantity"]) * int(line["unit_price_minor"]) for line in good.lines)  # type: ignore[call-overload]
    return (*row[:at], total, *row[at + 1 :])


def _types(fields: Mapping[str, Field]) -> dict[str, str]:
    return {name: one.sql for name, one in fields.items()}


def _names(columns: Mapping[str, str], *left_out: str) -> list[str]:
    return [name for name in columns if name not in left_out]


def _tables(kind: Kind) -> tuple[str, ...]:
    return ("staged", "staged_line") if kind.lines else ("staged",)


@cache
def _sql(name: str) -> dict[str, str]:
    """The statements of ``sql/<name>.sql`` by the comment above each."""
    text = resources.files("cti_bridge.intake").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")
    _, *parts = _PART.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))
