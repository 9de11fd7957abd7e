"""Imports records of one kind from a CSV file: good ones are written, bad ones reported with line and reason.

Records are written in batches, a transaction each, with how far the file is
in: an import that broke off goes on there when it is asked for again, and one
that is repeated whole changes nothing, since records are known by their keys.
Of an order each line is a row; the rows of one order stand together.
"""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from cti_bridge.customers.csv_file import CsvFile, Record, examine, records
from cti_bridge.errors import Refused, Unavailable
from cti_bridge.intake.kinds import Kind
from cti_bridge.intake.records import MAX_LINES, Fault, Good, judge
from cti_bridge.intake.values import Rules
from cti_bridge.intake.write import write
from cti_bridge.storage.postgres import FAULTS, SETTING, explain

# Gets bytes read and bytes in all.
Progress = Callable[[int, int], None]

BATCH_RECORDS = 5_000
# A file wrong from end to end must not fill the memory with its faults.
MAX_FAULTS = 10_000
_ROW_FAULTS = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, asyncpg.RaiseError)


@dataclass(frozen=True, slots=True)
class BadRecord:
    """One fault. ``line`` is where the row begins, from 1; ``column`` is empty when it is the whole row."""

    line: int
    column: str
    reason: str


@dataclass(slots=True)
class Report:
    """What became of a file. ``records`` in it; of a dry run the counts are what would be.

    ``resumed_after``: the line up to which an earlier import had come, 0 for none.
    ``faults`` in all; the first 10,000 of them in ``bad``.
    """

    records: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    faults: int = 0
    resumed_after: int = 0
    bad: list[BadRecord] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Raw:
    """One record as rows of the file: its fields by column, and where its rows and their fields stand."""

    line: int
    last_line: int
    values: Mapping[str, object]
    row_lines: tuple[int, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Batch:
    good: Mapping[int, Good]
    raws: Sequence[_Raw]
    bad: Sequence[tuple[_Raw, list[Fault]]]
    last_line: int
    bytes_done: int


async def import_file(
    pool: asyncpg.Pool,
    path: Path,
    kind: Kind,
    source: str,
    rules: Rules,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Write the records of ``path``; a ``dry_run`` judges all, against the database too, and writes nothing.

    Raises: Refused, before anything is written, in one line naming file and
    line, when the file as a whole cannot be used. Unavailable when PostgreSQL
    is lost; what was written until then stays.
    """
    file = await asyncio.to_thread(examine, path)
    digest = await asyncio.to_thread(_digest, path)
    report = Report()
    try:
        if not dry_run:
            report.resumed_after = await _reached(pool, kind, source, digest)
        batches = _batches(file, kind, rules, report.resumed_after)
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            await _take(pool, kind, source, batch, report, digest, dry_run=dry_run)
            if progress is not None:
                progress(batch.bytes_done, file.size_bytes)
        if not dry_run:
            await pool.execute(
                "delete from import_progress where (kind, source, digest) = ($1, $2, $3)",
                kind.name,
                source,
                digest,
            )
    except FAULTS as error:
        raise Unavailable(SETTING, explain(error)) from error
    report.bad.sort(key=lambda bad: bad.line)
    return report


async def _take(
    pool: asyncpg.Pool,
    kind: Kind,
    source: str,
    batch: _Batch,
    report: Report,
    digest: bytes,
    *,
    dry_run: bool,
) -> None:
    report.records += len(batch.raws)
    for raw, faults in batch.bad:
        _note(report, raw, faults)
    try:
        await _write(pool, kind, source, batch, batch.good, report, digest, dry_run=dry_run)
    except _ROW_FAULTS:
        # The database itself refuses one of them: one by one it is seen which.
        for place, good in batch.good.items():
            try:
                await _write(pool, kind, source, batch, {place: good}, report, None, dry_run=dry_run)
            except _ROW_FAULTS as error:
                column = getattr(error, "column_name", None) or ""
                _note(report, batch.raws[place], [Fault(column, explain(error))])


async def _write(
    pool: asyncpg.Pool,
    kind: Kind,
    source: str,
    batch: _Batch,
    good: Mapping[int, Good],
    report: Report,
    digest: bytes | None,
    *,
    dry_run: bool,
) -> None:
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            written = await write(connection, kind, source, good)
            if digest is not None and not dry_run:
                await connection.execute(
                    "insert into import_progress (kind, source, digest, line) values ($1, $2, $3, $4)"
                    " on conflict (kind, source, digest) do update set line = excluded.line, at = now()",
                    kind.name,
                    source,
                    digest,
                    batch.last_line,
                )
        except BaseException:
            await transaction.rollback()
            raise
        await (transaction.rollback() if dry_run else transaction.commit())
    for place, outcome in written.outcomes.items():
        if outcome != "refused":
            setattr(report, outcome, getattr(report, outcome) + 1)
        else:
            _note(report, batch.raws[place], written.faults[place])


async def _reached(pool: asyncpg.Pool, kind: Kind, source: str, digest: bytes) -> int:
    line = await pool.fetchval(
        "select line from import_progress where (kind, source, digest) = ($1, $2, $3)",
        kind.name,
        source,
        digest,
    )
    return int(line or 0)


def _note(report: Report, raw: _Raw, faults: Sequence[Fault]) -> None:
    report.refused += 1
    report.faults += len(faults)
    for fault in faults[: max(0, MAX_FAULTS - len(report.bad))]:
        line, column = raw.line, fault.field
        if column.startswith("lines["):
            number, _, column = column.removeprefix("lines[").partition("].")
            line = raw.row_lines[int(number) - 1]
        report.bad.append(BadRecord(line, column, fault.reason))


# -- from rows to records -----------------------------------------------------------------------------------


def _batches(file: CsvFile, kind: Kind, rules: Rules, resumed_after: int) -> Iterator[_Batch]:
    """The records of the file judged, some at a time. Raises: Refused when the header is wrong."""
    source = records(file)
    header = next(source)
    columns = _header(header.fields, kind)
    if isinstance(columns, str):
        raise Refused(f"{file.path}: line {header.line}: {columns}")
    line_of: dict[tuple[object, ...], int] = {}
    held: list[_Raw] = []
    bytes_done = 0
    for raw, bytes_done in _raws(source, columns, kind):
        if raw.last_line <= resumed_after:
            good = judge(kind, raw.values, rules)
            if isinstance(good, Good):
                line_of.setdefault(good.key(kind), raw.line)
            continue
        held.append(raw)
        if len(held) == BATCH_RECORDS:
            yield _judged(held, kind, rules, line_of, bytes_done)
            held = []
    yield _judged(held, kind, rules, line_of, file.size_bytes)


def _judged(
    held: list[_Raw], kind: Kind, rules: Rules, line_of: dict[tuple[object, ...], int], bytes_done: int
) -> _Batch:
    """``line_of``: the line of each key met so far, kept up to date here."""
    good: dict[int, Good] = {}
    bad: list[tuple[_Raw, list[Fault]]] = []
    for place, raw in enumerate(held):
        found = [Fault("", raw.fault)] if raw.fault else judge(kind, raw.values, rules)
        if isinstance(found, list):
            bad.append((raw, found))
        elif (first := line_of.setdefault(found.key(kind), raw.line)) != raw.line:
            name = next(name for name in reversed(kind.key) if found.values[name] is not None)
            bad.append((raw, [Fault(name, f"'{found.values[name]}' is on line {first} already")]))
        else:
            good[place] = found
    return _Batch(good, held, bad, held[-1].last_line if held else 0, bytes_done)


def _raws(source: Iterator[Record], columns: Sequence[str], kind: Kind) -> Iterator[tuple[_Raw, int]]:
    """Records from rows; the rows of one order, one after the other, are one record."""
    open_: list[tuple[Record, dict[str, str]]] = []
    for record in source:
        values = dict(zip(columns, record.fields, strict=False))
        extra = any(one.strip() for one in record.fields[len(columns) :])
        if len(record.fields) < len(columns) or extra:
            if open_:
                yield _joined(open_, kind), record.bytes_done
                open_ = []
            reason = f"{len(record.fields)} fields where the header names {len(columns)} columns"
            yield _Raw(record.line, record.line, {}, (record.line,), reason), record.bytes_done
            continue
        is_next = bool(kind.lines and open_) and open_[0][1]["number"].strip() == values["number"].strip()
        if open_ and not is_next:
            yield _joined(open_, kind), record.bytes_done
            open_ = []
        open_.append((record, values))
    if open_:
        yield _joined(open_, kind), open_[-1][0].bytes_done


def _joined(rows: Sequence[tuple[Record, dict[str, str]]], kind: Kind) -> _Raw:
    first, values = rows[0]
    lines = tuple(record.line for record, _ in rows)
    if not kind.lines:
        return _Raw(first.line, first.line, values, lines)
    head = {name: value for name, value in values.items() if name in kind.fields}
    fault = ""
    for record, row in rows[1:]:
        for name, value in head.items():
            if row[name].strip() not in ("", value.strip()) and not fault:
                fault = f"{name} differs between lines {first.line} and {record.line} of one order"
    if len(rows) > MAX_LINES:
        fault = f"more than {MAX_LINES} lines in one order"
    items = [{name: value for name, value in row.items() if name in kind.lines} for _, row in rows]
    return _Raw(first.line, lines[-1], {**head, "lines": items}, lines, fault)


def _header(fields: Sequence[str], kind: Kind) -> tuple[str, ...] | str:
    """The columns, or all that is wrong with the header in one line."""
    names = tuple(unicodedata.normalize("NFKC", one).strip().lower() for one in fields)
    while names and not names[-1]:  # spreadsheets write separators for empty columns at the end
        names = names[:-1]
    known = {**kind.fields, **kind.lines}
    if not any(name in known for name in names):
        for separator, word in (("\t", "tabs"), (";", "semicolons")):
            if len(names) == 1 and separator in names[0]:
                return f"the columns are separated by {word}; they must be by commas"
        return f"no header: the first line must name the columns ({', '.join(known)})"
    faults = []
    for name in names:
        if not name:
            faults.append("a column has no name")
        elif name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            faults.append(f"unknown column '{name[:40]}'" + (f", did you mean '{near[0]}'?" if near else ""))
    faults += [f"column '{n}' is missing" for n, one in known.items() if one.is_required and n not in names]
    if kind.names_customer and not {"customer_code", "customer_external_id"} & set(names):
        faults.append("column 'customer_code' is missing")
    faults += [
        f"column '{name}' appears twice" for name in sorted({n for n in names if n and names.count(n) > 1})
    ]
    return "; ".join(faults) if faults else names


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
