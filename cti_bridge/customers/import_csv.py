"""Imports customers from a CSV file: what is good is written, what is bad is reported.

A row is written whole or not at all, a thousand rows a transaction. An import
that broke off may simply be repeated: customers are known by their code.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from cti_bridge.customers.csv_columns import Columns, read_header
from cti_bridge.customers.csv_file import CsvFile, Record, examine, records
from cti_bridge.customers.csv_row import BadRow, GoodRow, Rules, read_row
from cti_bridge.customers.upsert import Written, count_known, upsert
from cti_bridge.errors import Refused, Unavailable
from cti_bridge.storage.postgres import FAULTS, SETTING, explain

# Gets bytes read and bytes in all.
Progress = Callable[[int, int], None]

BATCH_ROWS = 1000
# A file wrong from end to end must not fill the memory with its faults.
MAX_BAD = 10_000
_ROW_FAULTS = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, asyncpg.RaiseError)


@dataclass(slots=True)
class ImportReport:
    """What became of a file.

    ``rows``: customers in it, header apart; ``written`` those now in the
    database, of which ``created`` were new and ``updated`` were not. Of a dry
    run ``written`` is 0, and ``created`` and ``updated`` what would be.
    ``bad_rows`` were not written; their faults are ``bad_total``, the first
    10,000 of them in ``bad``.
    """

    rows: int = 0
    written: int = 0
    created: int = 0
    updated: int = 0
    bad_rows: int = 0
    bad_total: int = 0
    bad: list[BadRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Batch:
    rows: int
    good: list[GoodRow]
    bad: list[list[BadRow]]
    bytes_done: int


async def import_customers(
    pool: asyncpg.Pool,
    path: Path,
    *,
    dry_run: bool,
    region: str,
    progress: Progress | None = None,
) -> ImportReport:
    """Write the customers of ``path`` by their codes; a ``dry_run`` judges all and writes nothing.

    Columns are code and name, and if there reading, rank, birth_date,
    postcode, address, email, preferred_channel, joined_on, and numbers (several
    with ``;`` or spaces between) or number1, number2 …, dialled in ``region``.
    What the file has no column for stays as it is; an empty field empties.
    The numbers of a customer are replaced. Of rows with one code the first counts.

    Raises: Refused, before anything is written, in one line naming file and
    line, when the file as a whole cannot be used. Unavailable when PostgreSQL
    is lost; what was written until then stays.
    """
    file = await asyncio.to_thread(examine, path)
    try:
        rules = Rules(region, await pool.fetchval("select current_date"))
        return await _import(pool, file, rules, dry_run, progress)
    except FAULTS as error:
        raise Unavailable(SETTING, explain(error)) from error


async def _import(
    pool: asyncpg.Pool, file: CsvFile, rules: Rules, dry_run: bool, progress: Progress | None
) -> ImportReport:
    report = ImportReport()
    batches = _batches(file, rules)
    while (batch := await asyncio.to_thread(next, batches, None)) is not None:
        report.rows += batch.rows
        for faults in batch.bad:
            _note(report, faults)
        if dry_run:
            known = await count_known(pool, [row.code for row in batch.good])
            report.updated += known
            report.created += len(batch.good) - known
        else:
            await _write(pool, batch.good, report, rules.region)
        if progress is not None:
            progress(batch.bytes_done, file.size_bytes)
    report.bad.sort(key=lambda bad: bad.line)
    return report


def _batches(file: CsvFile, rules: Rules) -> Iterator[_Batch]:
    """The rows of the file judged, a thousand at a time. Raises: Refused when the header is wrong."""
    source = records(file)
    header = next(source)
    columns = read_header(header.fields)
    if not isinstance(columns, Columns):
        raise Refused(f"{file.path}: line {header.line}: {columns}")
    line_of: dict[str, int] = {}
    held: list[Record] = []
    for record in source:
        held.append(record)
        if len(held) == BATCH_ROWS:
            yield _judge(held, columns, rules, line_of, record.bytes_done)
            held = []
    yield _judge(held, columns, rules, line_of, file.size_bytes)


def _judge(
    held: list[Record], columns: Columns, rules: Rules, line_of: dict[str, int], bytes_done: int
) -> _Batch:
    """``line_of``: the line of each code met so far, kept up to date here."""
    good: list[GoodRow] = []
    bad: list[list[BadRow]] = []
    for record in held:
        row = read_row(record.line, record.fields, columns, rules)
        if isinstance(row, list):
            bad.append(row)
        elif (first := line_of.setdefault(row.code, row.line)) != row.line:
            bad.append([BadRow(row.line, "code", f"'{row.code}' is on line {first} already")])
        else:
            good.append(row)
    return _Batch(len(held), good, bad, bytes_done)


async def _write(pool: asyncpg.Pool, rows: list[GoodRow], report: ImportReport, region: str) -> None:
    """Write the rows together; should the database refuse one of them, one by one."""
    if not rows:
        return
    try:
        _count(report, await upsert(pool, rows, region))
    except _ROW_FAULTS:
        for row in rows:
            try:
                _count(report, await upsert(pool, [row], region))
            except _ROW_FAULTS as error:
                _note(report, [BadRow(row.line, getattr(error, "column_name", None) or "", explain(error))])


def _count(report: ImportReport, written: Written) -> None:
    report.created += written.created
    report.updated += written.updated
    report.written += written.created + written.updated


def _note(report: ImportReport, faults: list[BadRow]) -> None:
    report.bad_rows += 1
    report.bad_total += len(faults)
    report.bad.extend(faults[: max(0, MAX_BAD - len(report.bad))])
