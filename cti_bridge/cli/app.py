"""The command line: ``cti-bridge``.

Exit codes: 0 done, 1 failed, 2 the settings or a port are wrong (do not retry),
75 a peer cannot be reached now (retry; EX_TEMPFAIL of sysexits).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cti_bridge import __version__
from cti_bridge.bridge import run
from cti_bridge.cli import customers, imports, recordings, segments, sources, staff, suggest
from cti_bridge.cli.work import ConfigPath, check_side_files, quiet, settings_of
from cti_bridge.storage.stores import stores
from cti_bridge.telemetry import configure_logs
from cti_bridge.terminal import EXIT_CONFIG, fail, progress, run_once, run_until_stopped, say

# Commands import what only they need: SQLAlchemy and SciPy take longer to load than most commands run.
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Screen-pop server for call centres.",
)
app.add_typer(imports.app, name="import")
app.add_typer(sources.app, name="source")
app.add_typer(segments.app, name="segments")
app.add_typer(suggest.app, name="suggest")
app.add_typer(staff.users, name="user")
app.add_typer(staff.phones, name="phone")
app.add_typer(recordings.app)
app.add_typer(customers.app)


@app.command()
def serve(config: ConfigPath = None) -> None:
    """Run the bridge until Ctrl-C or SIGTERM."""
    settings = settings_of(config)
    if not settings.pbx:
        raise fail("pbx: there is no [[pbx]] entry, so there is nothing to subscribe to", EXIT_CONFIG)
    configure_logs(settings.log.level, settings.log.format)
    run_until_stopped(
        lambda stop: run(settings, stop=stop, on_ready=lambda: say(f"serving {settings.http.origin()}"))
    )


@app.command("check-config")
def check_config(config: ConfigPath = None) -> None:
    """Check a settings file as a whole, and the files it names; every fault is printed."""
    settings = settings_of(config)
    check_side_files(settings)
    print(f"{config or 'defaults'}: good; {len(settings.pbx)} PBX, pages at {settings.http.origin()}")


@app.command("migrate")
def migrate_command(config: ConfigPath = None) -> None:
    """Bring the database's schema up to date."""
    from cti_bridge.storage.migrate import migrate

    async def work() -> list[str]:
        async with stores(settings, only_postgres=True) as (postgres_url, _):
            return await migrate(postgres_url)

    settings = quiet(config)
    applied = run_once(work())
    print("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")


@app.command()
def demo(
    config: Annotated[Path, typer.Option("--config", "-c", metavar="FILE")] = Path("config/demo.toml"),
    calls_per_minute: Annotated[float, typer.Option(min=0.5, max=600)] = 6,
) -> None:
    """Show it working: an invented mail-order house, a simulated PBX, calls that pop in the browser."""
    from cti_bridge.demo.scenario import Demo

    settings = quiet(config)
    run_until_stopped(
        lambda stop: Demo(settings, calls_per_minute, datetime.now(UTC)).run(stop, progress, say)
    )


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def main() -> None:
    """Entry point of the console command."""
    app()
