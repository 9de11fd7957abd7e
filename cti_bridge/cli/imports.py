"""``cti-bridge import``: records from files."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol
from zoneinfo import ZoneInfo

import asyncpg
import typer

from cti_bridge.cli.work import ConfigPath, quiet, with_pool
from cti_bridge.terminal import EXIT_FAILED, fail, progress, say

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
    kind: str, file: Path, source: str, config: Path | None, dry_run: bool, report: Path | None
) -> None:
    from cti_bridge.intake.import_file import import_file
    from cti_bridge.intake.kinds import KINDS
    from cti_bridge.intake.values import Rules

    settings = quiet(config)
    rules = Rules(settings.region.country, ZoneInfo(settings.region.time_zone), datetime.now(UTC))

    async def work(pool: asyncpg.Pool) -> Report:
        with progress() as show:
            return await import_file(
                pool,
                file,
                KINDS[kind],  # type: ignore[index]
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
        f"{found.records} {kind}: {found.created} {would}new, {found.updated} {would}changed, "
        f"{found.unchanged} as they were, {found.refused} refused ({found.faults} faults)"
    )
    raise typer.Exit(EXIT_FAILED if found.faults else 0)


@app.command("products")
def import_products(
    file: File, config: ConfigPath = None, dry_run: DryRun = False, report: ReportPath = None
) -> None:
    """Bring products in: sku,name,category,price_minor[,is_in_stock,is_active,kind,repeats]."""
    _import("products", file, "", config, dry_run, report)


@app.command("orders")
def import_orders(
    file: File,
    source: Source = "",
    config: ConfigPath = None,
    dry_run: DryRun = False,
    report: ReportPath = None,
) -> None:
    """Bring orders in, a row for each line; the rows of one order stand together.

    number,customer_code,channel,status,ordered_at,sku,quantity,unit_price_minor[,total_minor]
    """
    _import("orders", file, source, config, dry_run, report)


@app.command("returns")
def import_returns(
    file: File,
    source: Source = "",
    config: ConfigPath = None,
    dry_run: DryRun = False,
    report: ReportPath = None,
) -> None:
    """Bring returns in: external_id,order_number,returned_at[,sku,quantity,amount_minor,reason]."""
    _import("returns", file, source, config, dry_run, report)


@app.command("payments")
def import_payments(
    file: File,
    source: Source = "",
    config: ConfigPath = None,
    dry_run: DryRun = False,
    report: ReportPath = None,
) -> None:
    """Bring payments in: external_id,order_number,paid_at,amount_minor[,method]."""
    _import("payments", file, source, config, dry_run, report)


@app.command("contacts")
def import_contacts(
    file: File,
    source: Source = "",
    config: ConfigPath = None,
    dry_run: DryRun = False,
    report: ReportPath = None,
) -> None:
    """Bring contacts of any channel in, shop visits too.

    external_id,customer_code,channel,occurred_at[,direction,kind,subject,body,agent_id,is_open]
    """
    _import("contacts", file, source, config, dry_run, report)


@app.command("favourites")
def import_favourites(
    file: File,
    source: Source = "",
    config: ConfigPath = None,
    dry_run: DryRun = False,
    report: ReportPath = None,
) -> None:
    """Bring favourites in: customer_code,sku[,added_at,is_removed]."""
    _import("favourites", file, source, config, dry_run, report)


@app.command("notes")
def import_notes(
    file: File,
    source: Source = "",
    config: ConfigPath = None,
    dry_run: DryRun = False,
    report: ReportPath = None,
) -> None:
    """Bring notes of the karte in: external_id,customer_code,text,created_at[,kind,is_pinned,agent_id]."""
    _import("notes", file, source, config, dry_run, report)


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
