"""``cti-bridge import``: records from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import asyncpg
import typer

from cti_bridge.cli.work import ConfigPath, quiet, with_pool
from cti_bridge.terminal import EXIT_FAILED, progress

if TYPE_CHECKING:
    from cti_bridge.customers.import_csv import ImportReport

app = typer.Typer(no_args_is_help=True, help="Bring records in from files.")


@app.command("customers")
def import_customers_command(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv")],
    config: ConfigPath = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row, write nothing.")] = False,
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

    report = with_pool(settings, work)
    for bad in report.bad:
        print(f"{file}:{bad.line}: {bad.column}: {bad.reason}")
    if report.bad_total > len(report.bad):
        print(f"{file}: and {report.bad_total - len(report.bad)} faults more")
    verb = "would be written" if dry_run else "written"
    print(
        f"{report.rows} rows: {report.written} {verb} ({report.created} new, {report.updated} changed), "
        f"{report.bad_total} faults"
    )
    raise typer.Exit(EXIT_FAILED if report.bad_total else 0)
