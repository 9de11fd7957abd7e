"""``cti-bridge import``: records from files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol
from zoneinfo import ZoneInfo

import asyncpg
import typer

from cti_bridge.cli.work import ConfigPath, quiet, with_pool
from cti_bridge.intake.kinds import CUSTOMER, KINDS, Kind, KindName
from cti_bridge.intake.values import Rules
from cti_bridge.terminal import EXIT_CONFIG, EXIT_FAILED, fail, progress, say

if TYPE_CHECKING:
    from cti_bridge.customers.import_csv import ImportReport
    from cti_bridge.intake.import_file import Report

app = typer.Typer(no_args_is_help=True, help="Bring records in from files.")

File = Annotated[Path, typer.Argument(metavar="FILE.csv")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check every row, write nothing.")]
ReportPath = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE.csv", help="Write every bad row's line and reason there."),
]
Source = Annotated[
    str, typer.Option(help="The system the records come from; its numbers and identifiers are its own.")
]


class _Bad(Protocol):
    """One fault of a row."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> str: ...
    @property
    def reason(self) -> str: ...


@app.command("customers")
def import_customers_command(
    file: File, config: ConfigPath = None, dry_run: DryRun = False, report: ReportPath = None
) -> None:
    """Bring customers in from a CSV file; bad rows are reported, good ones kept."""
    from cti_bridge.customers.import_csv import import_customers

    settings = quiet(config)

    async def work(pool: asyncpg.Pool) -> ImportReport:
        with progress() as show:
            return await import_customers(
                pool,
                file,
                dry_run=dry_run,
                region=settings.region.country,
                progress=lambda done, total: show(f"Reading {file.name}", done, total),
            )

    found = with_pool(settings, work)
    _tell_bad(file, found.bad, found.bad_total, report)
    verb = "would be written" if dry_run else "written"
    print(
        f"{found.rows} rows: {found.written} {verb} ({found.created} new, {found.updated} changed), "
        f"{found.bad_total} faults"
    )
    raise typer.Exit(EXIT_FAILED if found.bad_total else 0)


def _import(
    kind: Kind, file: Path, source: str, config: Path | None, dry_run: bool, report: Path | None
) -> None:
    if source and kind.name == "products":
        raise fail("--source: a product is known by its SKU, whatever system it comes from", EXIT_CONFIG)
    from cti_bridge.intake.import_file import import_file

    settings = quiet(config)
    rules = Rules(settings.region.country, ZoneInfo(settings.region.time_zone), datetime.now(UTC))

    async def work(pool: asyncpg.Pool) -> Report:
        with progress() as show:
            return await import_file(
                pool,
                file,
                kind,
                source,
                rules,
                dry_run=dry_run,
                progress=lambda done, total: show(f"Reading {file.name}", done, total),
            )

    found = with_pool(settings, work)
    _tell_bad(file, found.bad, found.faults, report)
    if found.resumed_after:
        say(f"{file}: an earlier import came as far as line {found.resumed_after}; gone on from there")
    would = "would be " if dry_run else ""
    print(
        f"{found.records} {kind.name}: {found.created} {would}new, {found.updated} {would}changed, "
        f"{found.unchanged} as they were, {found.refused} refused ({found.faults} faults)"
    )
    raise typer.Exit(EXIT_FAILED if found.faults else 0)


def _command(kind: Kind) -> Callable[..., None]:
    def command(
        file: File,
        source: Source = "",
        config: ConfigPath = None,
        dry_run: DryRun = False,
        report: ReportPath = None,
    ) -> None:
        _import(kind, file, source, config, dry_run, report)

    return command


def _columns(kind: Kind) -> str:
    """The header line a file of this kind has; what need not be there in brackets."""
    fields = {**kind.fields, **kind.lines}
    needed = [name for name, field in fields.items() if field.is_required]
    others = [name for name, field in fields.items() if not field.is_required and name not in CUSTOMER]
    if kind.names_customer:
        needed.insert(0, "|".join(CUSTOMER))
    return ",".join(needed) + (f"[,{','.join(others)}]" if others else "")


_HELP: Mapping[KindName, str] = {
    "products": "Bring products in.",
    "orders": "Bring orders in, a row for each line; the rows of one order stand together.",
    "returns": "Bring returns in, of a whole order or of one line of it.",
    "payments": "Bring payments in.",
    "contacts": "Bring contacts of any channel in, shop visits too.",
    "favourites": "Bring favourites in.",
    "notes": "Bring notes of the karte in.",
}
for _name, _what in _HELP.items():
    app.command(_name, help=f"{_what}\n\n{_columns(KINDS[_name])}")(_command(KINDS[_name]))


def _tell_bad(file: Path, bad: Sequence[_Bad], total: int, report: Path | None) -> None:
    """Say what is wrong, on the terminal or in a file of its own."""
    if report is not None:
        try:
            with report.open("w", encoding="utf-8-sig", newline="") as out:
                writer = csv.writer(out)
                writer.writerow(("line", "column", "reason"))
                writer.writerows((one.line, one.column, one.reason) for one in bad)
        except OSError as error:
            raise fail(f"{report}: {error.strerror}") from None
        return
    for one in bad:
        print(f"{file}:{one.line}: {one.column}: {one.reason}")
    if total > len(bad):
        print(f"{file}: and {total - len(bad)} faults more")
