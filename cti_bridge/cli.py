"""The command line: ``cti-bridge``.

Exit codes: 0 done, 1 failed, 2 the settings or a port are wrong (do not retry),
75 a peer cannot be reached now (retry; EX_TEMPFAIL of sysexits).
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cti_bridge import __version__
from cti_bridge.agents.passwords import hash_password
from cti_bridge.agents.roster import add_agent
from cti_bridge.bridge import record, run, stores
from cti_bridge.customers.import_csv import ImportReport, import_customers
from cti_bridge.demo.scenario import Demo
from cti_bridge.errors import BridgeError, ConfigError, Refused, Unavailable
from cti_bridge.settings import Settings, load
from cti_bridge.storage import postgres
from cti_bridge.storage.migrate import migrate
from cti_bridge.suggest.train import train
from cti_bridge.telemetry import configure_logs

EXIT_CONFIG = 2
EXIT_RETRY = 75

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Screen-pop server for call centres.",
)
import_app = typer.Typer(no_args_is_help=True, help="Bring records in from files.")
suggest_app = typer.Typer(no_args_is_help=True, help="Product suggestions.")
user_app = typer.Typer(no_args_is_help=True, help="Agents and supervisors.")
app.add_typer(import_app, name="import")
app.add_typer(suggest_app, name="suggest")
app.add_typer(user_app, name="user")

ConfigPath = Annotated[
    Path | None, typer.Option("--config", "-c", metavar="FILE", help="Settings; without it the defaults.")
]
T = TypeVar("T")
console = Console(stderr=True, highlight=False)


@app.command()
def serve(config: ConfigPath = None) -> None:
    """Run the bridge until Ctrl-C or SIGTERM."""
    settings = _load(config)
    if not settings.pbx:
        raise SystemExit(_fail("pbx: no [[pbx]] entry: there is nothing to subscribe to", EXIT_CONFIG))
    configure_logs(settings.log.level, settings.log.format)
    _run_until_stopped(
        lambda stop: run(settings, stop=stop, on_ready=lambda: _say(f"serving {settings.http.origin()}"))
    )


@app.command("check-config")
def check_config(config: ConfigPath = None) -> None:
    """Check a settings file as a whole; every fault is printed."""
    settings = _load(config)
    print(f"{config or 'defaults'}: good; {len(settings.pbx)} PBX, pages at {settings.http.origin()}")


@app.command("migrate")
def migrate_command(config: ConfigPath = None) -> None:
    """Bring the database's schema up to date."""

    async def work(settings: Settings) -> None:
        async with stores(settings) as (postgres_url, _):
            applied = await migrate(postgres_url)
            print("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")

    _once(config, work)


@import_app.command("customers")
def import_customers_command(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv")],
    config: ConfigPath = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row, write nothing.")] = False,
) -> None:
    """Bring customers in from a CSV file; bad rows are reported, good ones kept."""

    async def work(settings: Settings) -> ImportReport:
        async with stores(settings) as (postgres_url, _):
            pool = await postgres.create_pool(postgres_url)
            try:
                await postgres.require(pool)
                with _progress() as show:
                    return await import_customers(
                        pool,
                        file,
                        dry_run=dry_run,
                        region=settings.region.country,
                        progress=lambda done, total: show(f"Reading {file.name}", done, total),
                    )
            finally:
                await pool.close()

    report = _once(config, work)
    for bad in report.bad:
        print(f"{file}:{bad.line}: {bad.column}: {bad.reason}")
    verb = "would be written" if dry_run else "written"
    print(
        f"{report.rows} rows: {report.written} {verb} ({report.created} new, {report.updated} changed), "
        f"{report.bad_total} faults"
    )
    raise typer.Exit(1 if report.bad_total else 0)


@suggest_app.command("train")
def suggest_train(config: ConfigPath = None) -> None:
    """Train the suggestions anew; the new model replaces the old one at once."""

    async def work(settings: Settings) -> None:
        async with stores(settings) as (postgres_url, _):
            pool = await postgres.create_pool(postgres_url)
            try:
                await postgres.require(pool)
                with _progress() as show:
                    result = await train(
                        pool, progress=lambda done, total: show("Training suggestions", done, total)
                    )
            finally:
                await pool.close()
            print(
                f"model {result.model_id}: {result.suggestions} suggestions for {result.customers} customers "
                f"in {result.seconds:.1f} s"
            )

    _once(config, work)


@user_app.command("add")
def user_add(
    login: str,
    name: Annotated[str, typer.Option(help="The name on screens.")],
    config: ConfigPath = None,
    role: Annotated[str, typer.Option(help="agent, supervisor or administrator.")] = "agent",
    reading: Annotated[str, typer.Option(help="The name in kana.")] = "",
    agent_id: Annotated[str, typer.Option(help="Short id; by default a and the login.")] = "",
    endpoint: Annotated[
        list[str] | None, typer.Option(help="PBX and telephone, for example main:PJSIP/1001; may repeat.")
    ] = None,
) -> None:
    """Add an agent, or change the one of that id. The password is asked for, or read from standard input."""
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    if len(password) < 8:
        raise SystemExit(_fail("the password must have at least 8 characters", 1))
    seats = []
    for text in endpoint or []:
        pbx, colon, telephone = text.partition(":")
        if not (pbx and colon and telephone):
            raise SystemExit(_fail(f"--endpoint {text}: write PBX:TELEPHONE, for example main:PJSIP/1001", 1))
        seats.append((pbx, telephone))

    async def work(settings: Settings) -> None:
        async with stores(settings) as (postgres_url, _):
            pool = await postgres.create_pool(postgres_url)
            try:
                await postgres.require(pool)
                await add_agent(
                    pool,
                    agent_id=agent_id or f"a{login}",
                    login=login,
                    name=name,
                    reading=reading,
                    role=role,
                    language="ja",
                    password_hash=await hash_password(password),
                    endpoints=seats,
                )
            finally:
                await pool.close()
            print(f"{login}: saved")

    _once(config, work)


@app.command("record")
def record_command(
    file: Annotated[Path, typer.Argument(metavar="FILE.ami", help="Where to write; must not exist.")],
    pbx: Annotated[str, typer.Option(help="The name of a [[pbx]] entry.")],
    config: ConfigPath = None,
) -> None:
    """Record what a PBX sends until Ctrl-C. The file holds callers' numbers and names as they are."""
    settings = _load(config)
    entry = next((entry for entry in settings.pbx if entry.name == pbx), None)
    if entry is None:
        raise SystemExit(_fail(f"--pbx {pbx}: no [[pbx]] entry of that name", EXIT_CONFIG))
    configure_logs(settings.log.level, settings.log.format)
    counts: list[int] = []

    async def work(stop: asyncio.Event) -> None:
        with file.open("xb") as out:
            counts.append(await record(entry, out, stop))

    _run_until_stopped(work)
    _say(f"{file}: {sum(counts)} events")


@app.command()
def demo(
    config: Annotated[Path, typer.Option("--config", "-c", metavar="FILE")] = Path("config/demo.toml"),
    calls_per_minute: Annotated[float, typer.Option(min=0.5, max=600)] = 10,
) -> None:
    """Show it working: an invented mail-order house, a simulated PBX, calls that pop in the browser."""
    settings = _load(config)
    configure_logs("warning", settings.log.format)

    async def work(stop: asyncio.Event) -> None:
        await Demo(settings, calls_per_minute, datetime.now(UTC)).run(stop, _progress, _say)

    _run_until_stopped(work)


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def main() -> None:
    """Entry point of the console command."""
    app()


def _load(path: Path | None) -> Settings:
    try:
        return load(path)
    except ConfigError as error:
        for fault in error.faults:
            console.print(f"cti-bridge: {fault}", markup=False, soft_wrap=True)
        raise SystemExit(EXIT_CONFIG) from None


def _once(config: Path | None, work: Callable[[Settings], Coroutine[Any, Any, T]]) -> T:
    """Run one piece of work to its end; faults are one line each."""
    settings = _load(config)
    configure_logs("warning", settings.log.format)
    with _faults():
        return _asyncio_run(work(settings))


def _run_until_stopped(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run until done, Ctrl-C or SIGTERM; a second Ctrl-C does not wait for an orderly end."""

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _stop_once, loop, stop, number)
        await work(stop)

    with _faults():
        _asyncio_run(until_stopped())


def _stop_once(loop: asyncio.AbstractEventLoop, stop: asyncio.Event, number: signal.Signals) -> None:
    stop.set()
    loop.remove_signal_handler(number)


def _asyncio_run(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        import uvloop
    except ImportError:  # no uvloop for Windows
        return asyncio.run(coroutine)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except FileExistsError as error:
        raise SystemExit(_fail(f"{error.filename}: exists already", 1)) from None
    except BaseExceptionGroup as group:
        faults = _leaves(group)
        if not all(isinstance(fault, BridgeError) for fault in faults):
            raise
        for fault in faults:
            code = _fail(str(fault), _code(fault))
        raise SystemExit(code) from None
    except BridgeError as error:
        raise SystemExit(_fail(str(error), _code(error))) from None


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    return [
        leaf
        for error in group.exceptions
        for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]


def _code(error: BaseException) -> int:
    """What a supervisor of processes should make of it."""
    if isinstance(error, Unavailable):
        return EXIT_CONFIG if error.setting.startswith(("http.", "push.")) else EXIT_RETRY
    return EXIT_CONFIG if isinstance(error, (ConfigError, Refused)) else 1


def _fail(message: str, code: int) -> int:
    console.print(f"cti-bridge: {message}", markup=False, soft_wrap=True)
    return code


def _say(message: str) -> None:
    console.print(message, markup=False, soft_wrap=True)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar a task, named by what is being done; plain lines where there is no terminal."""
    if not console.is_terminal:
        said: set[str] = set()

        def tell(what: str, done: int, total: int) -> None:
            if what not in said:
                said.add(what)
                _say(f"{what} ...")

        yield tell
        return
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn(),
        console=console,
    ) as bars:  # fmt: skip
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield show
