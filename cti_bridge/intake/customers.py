"""Customers from outside over the API, judged and written as those of a file are."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg

from cti_bridge.customers.csv_columns import COLUMNS, NUMBERS, Columns
from cti_bridge.customers.csv_row import GoodRow, read_row
from cti_bridge.customers.csv_row import Rules as RowRules
from cti_bridge.customers.upsert import upsert_on
from cti_bridge.intake.records import Fault
from cti_bridge.intake.values import Rules, Wrong, code, is_empty
from cti_bridge.intake.write import OutcomeName

EXTERNAL_ID = "external_id"
_external_id = code(128)


def judge_customer(raw: Mapping[str, object], rules: Rules) -> tuple[GoodRow, str | None] | list[Fault]:
    """The customer in ``raw`` with its external id, or all faults. ``numbers`` is a list or a text."""
    known = (*COLUMNS, NUMBERS, EXTERNAL_ID)
    faults = [Fault(name, "is not a known field") for name in raw if name not in known]
    names = tuple(name for name in (*COLUMNS, NUMBERS) if name in raw or name in ("code", "name"))
    fields: list[str] = []
    for name in names:
        value = raw.get(name)
        if name == NUMBERS and isinstance(value, list) and all(isinstance(one, str) for one in value):
            value = ";".join("".join(one.split()) for one in value)  # spaces would part the numbers of a file
        if value is not None and not isinstance(value, str):
            faults.append(Fault(name, "is not a text" + (" or a list of texts" if name == NUMBERS else "")))
            value = ""
        if isinstance(value, str) and "\0" in value:
            faults.append(Fault(name, "contains the control character U+0000"))
            value = ""
        fields.append(value or "")
    external_id = None
    if not is_empty(raw.get(EXTERNAL_ID)):
        external_id = _external_id(raw[EXTERNAL_ID], rules)
        if isinstance(external_id, Wrong):
            faults.append(Fault(EXTERNAL_ID, external_id.reason))
    row = read_row(0, fields, Columns(names), RowRules(rules.region, rules.now.astimezone(rules.zone).date()))
    if isinstance(row, list):
        faults += [
            Fault(bad.column, bad.reason) for bad in row if bad.column not in {f.field for f in faults}
        ]
        return faults
    return faults or (row, external_id if isinstance(external_id, str) else None)


async def write_customer(
    connection: asyncpg.Connection, row: GoodRow, external_id: str | None, source: str, region: str
) -> OutcomeName:
    """Write one customer, within the caller's transaction. Raises: asyncpg.PostgresError."""
    written = await upsert_on(connection, [row], region)
    if external_id is not None:
        await connection.execute(
            "insert into customer_identifier (source, external_id, customer_id)"
            " select $1, $2, customer_id from customer where code = $3"
            " on conflict (source, external_id) do update set customer_id = excluded.customer_id",
            source,
            external_id,
            row.code,
        )
    return "created" if written.created else "updated"
