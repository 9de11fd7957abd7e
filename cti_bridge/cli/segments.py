"""``cti-bridge segments``: how customers are told apart."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg
import typer

from cti_bridge.cli.work import ConfigPath, quiet, with_pool
from cti_bridge.terminal import progress

app = typer.Typer(no_args_is_help=True, help="Segments of customers: RFM, stage, purchase cycle.")


@app.callback()
def segments() -> None:
    """Segments of customers: RFM, stage, purchase cycle."""


@app.command("rebuild")
def rebuild_command(config: ConfigPath = None) -> None:
    """Compute everybody's segment anew, as a running bridge does each night."""
    from cti_bridge.segments.rebuild import RebuildResult, rebuild

    settings = quiet(config)

    async def work(pool: asyncpg.Pool) -> RebuildResult:
        with progress() as show:
            return await rebuild(
                pool,
                settings,
                datetime.now(UTC),
                progress=lambda done, total: show("Computing segments", done, total),
            )

    result = with_pool(settings, work)
    print(f"{result.customers} customers in {result.seconds:.1f} s")
    for stage, count in sorted(result.stages.items(), key=lambda item: -item[1]):
        print(f"  {stage:<13}{count:>9}")
