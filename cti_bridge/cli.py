"""The command line: ``cti-bridge``.

Exit codes: 0 done, 1 failed, 2 the settings or a port are wrong (do not retry),
75 a peer cannot be reached now (retry; EX_TEMPFAIL of sysexits).
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, TypeVar

import asyncpg
import typer

from cti_bridge import __version__
from cti_bridge.agents.desks import AgentQueue, Desks
from cti_bridge.agents.passwords import hash_password
from cti_bridge.agents.roster import add_agent
from cti_bridge.bridge import run
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId, QueueId
from cti_bridge.clock import Clock
from cti_bridge.errors import ConfigError, Refused, Unavailable
from cti_bridge.settings import Settings, load
from cti_bridge.storage import postgres
from cti_bridge.storage.stores import stores
from cti_bridge.telemetry import Telemetry, configure_logs
from cti_bridge.terminal import EXIT_CONFIG, EXIT_FAILED, fail, progress, run_once, run_until_stopped, say

if TYPE_CHECKING:
    from cti_bridge.customers.import_csv import ImportReport

# Commands import what only they need: SQLAlchemy and SciPy take longer to load than most commands run.
MIN_PASSWORD = 8

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Screen-pop server for call centres.",
)
import_app = typer.Typer(no_args_is_help=True, help="Bring records in from files.")
suggest_app = typer.Typer(no_args_is_help=True, help="Product suggestions.")
phone_app = typer.Typer(no_args_is_help=True, help="Telephones that agents share.")
user_app = typer.Typer(no_args_is_help=True, help="Agents and supervisors.")
app.add_typer(import_app, name="import")
app.add_typer(suggest_app, name="suggest")
app.add_typer(user_app, name="user")
app.add_typer(phone_app, name="phone")

ConfigPath = Annotated[
    Path | None, typer.Option("--config", "-c", metavar="FILE", help="Settings; without it the defaults.")
]
T = TypeVar("T")


@app.command()
def serve(config: ConfigPath = None) -> None:
    """Run the bridge until Ctrl-C or SIGTERM."""
    settings = _load(config)
    if not settings.pbx:
        raise fail("pbx: there is no [[pbx]] entry, so there is nothing to subscribe to", EXIT_CONFIG)
    configure_logs(settings.log.level, settings.log.format)
    run_until_stopped(
        lambda stop: run(settings, stop=stop, on_ready=lambda: say(f"serving {settings.http.origin()}"))
    )


@app.command("check-config")
def check_config(config: ConfigPath = None) -> None:
    """Check a settings file as a whole; every fault is printed."""
    settings = _load(config)
    print(f"{config or 'defaults'}: good; {len(settings.pbx)} PBX, pages at {settings.http.origin()}")


@app.command("migrate")
def migrate_command(config: ConfigPath = None) -> None:
    """Bring the database's schema up to date."""
    from cti_bridge.storage.migrate import migrate

    async def work() -> list[str]:
        async with stores(settings, only_postgres=True) as (postgres_url, _):
            return await migrate(postgres_url)

    settings = _quiet(config)
    applied = run_once(work())
    print("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")


@import_app.command("customers")
def import_customers_command(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv")],
    config: ConfigPath = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row, write nothing.")] = False,
) -> None:
    """Bring customers in from a CSV file; bad rows are reported, good ones kept."""
    from cti_bridge.customers.import_csv import import_customers

    settings = _quiet(config)

    async def work(pool: asyncpg.Pool) -> ImportReport:
        with progress() as show:
            return await import_customers(
                pool,
                file,
                dry_run=dry_run,
                region=settings.region.country,
                progress=lambda done, total: show(f"Reading {file.name}", done, total),
            )

    report = _with_pool(settings, work)
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


@suggest_app.command("train")
def suggest_train(config: ConfigPath = None) -> None:
    """Train the suggestions anew; the new model replaces the old one at once."""
    from cti_bridge.suggest.train import train

    async def work(pool: asyncpg.Pool) -> str:
        with progress() as show:
            result = await train(pool, progress=lambda done, total: show("Training suggestions", done, total))
        return (
            f"model {result.model_id}: {result.suggestions} suggestions for {result.customers} customers "
            f"in {result.seconds:.1f} s"
        )

    print(_with_pool(_quiet(config), work))


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
    queue: Annotated[
        list[str] | None,
        typer.Option(
            help="PBX, queue and penalty, for example main:orders or main:orders:1, that the agent serves "
            "from any shared telephone; may repeat."
        ),
    ] = None,
) -> None:
    """Add an agent, or change the one of that id. The password is asked for, or read from standard input."""
    seats = [_telephone("--endpoint", text) for text in endpoint or []]
    queues = [_queue(text) for text in queue or []]
    settings = _quiet(config)
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    if len(password) < MIN_PASSWORD:
        raise fail(f"the password must have at least {MIN_PASSWORD} characters")

    async def work(pool: asyncpg.Pool) -> None:
        password_hash = await hash_password(password)
        await add_agent(
            pool,
            agent_id=agent_id or f"a{login}",
            login=login,
            name=name,
            reading=reading,
            role=role,
            language="ja",
            password_hash=password_hash,
            endpoints=seats,
        )
        if queues:
            await Desks(pool).set_queues(AgentId(agent_id or f"a{login}"), queues)

    _with_pool(settings, work)
    print(f"{login}: saved")


@phone_app.command("share")
def phone_share(
    telephone: Annotated[str, typer.Argument(metavar="PBX:TELEPHONE", help="For example main:PJSIP/1005.")],
    config: ConfigPath = None,
) -> None:
    """Make a telephone one at which whoever sits there signs on from the page."""
    pbx, endpoint = _telephone("PBX:TELEPHONE", telephone)

    async def work(pool: asyncpg.Pool) -> bool:
        return await Desks(pool).add(PbxId(pbx), Endpoint(endpoint))

    if not _with_pool(_quiet(config), work):
        raise fail(f"{telephone}: belongs to one agent; give that agent another with cti-bridge user add")
    print(f"{telephone}: shared")


def _telephone(option: str, text: str) -> tuple[str, str]:
    pbx, _, telephone = text.partition(":")
    if not (pbx and telephone):
        raise fail(f"{option} {text}: write PBX:TELEPHONE, for example main:PJSIP/1001")
    return pbx, telephone


def _queue(text: str) -> AgentQueue:
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(parts) or not (len(parts) == 2 or parts[2].isdecimal()):
        raise fail(f"--queue {text}: write PBX:QUEUE or PBX:QUEUE:PENALTY, for example main:orders:1")
    return AgentQueue(PbxId(parts[0]), QueueId(parts[1]), int(parts[2]) if len(parts) == 3 else 0)


@app.command("record")
def record_command(
    file: Annotated[Path, typer.Argument(metavar="FILE.ami", help="Where to write; must not exist.")],
    pbx: Annotated[str, typer.Option(help="The name of a [[pbx]] entry.")],
    config: ConfigPath = None,
    raw: Annotated[bool, typer.Option("--raw", help="Keep callers' numbers and names as they are.")] = False,
) -> None:
    """Record what a PBX sends until Ctrl-C, as a file for a bug report.

    Numbers, names and addresses are replaced, the same one by the same throughout.
    Times, extensions and the names of telephones, trunks and queues stay.
    """
    from cti_bridge.pbx.ami_client import AmiSource
    from cti_bridge.pbx.anonymise import Anonymiser
    from cti_bridge.pbx.recorder import Recorder, as_it_is, record

    settings = _load(config)
    entry = next((entry for entry in settings.pbx if entry.name == pbx), None)
    if entry is None:
        raise fail(f"--pbx {pbx}: no [[pbx]] entry of that name", EXIT_CONFIG)
    configure_logs(settings.log.level, settings.log.format)

    async def work(stop: asyncio.Event) -> None:
        with _new_file(file) as out:
            if raw:
                say(f"{file}: holds callers' numbers and names as they are; give it to nobody")
            recorder = Recorder(out, as_it_is if raw else Anonymiser(settings.region.country).block)
            await record(AmiSource(entry, Clock(), Telemetry()), recorder, stop)
            say(f"{file}: {recorder.events} events{', and full' if recorder.is_full else ''}")

    run_until_stopped(work)


@app.command("replay")
def replay_command(
    file: Annotated[Path, typer.Argument(metavar="FILE.ami", exists=True, dir_okay=False, readable=True)],
    speed: Annotated[
        float, typer.Option(min=0, help="Times as fast as it happened; 0 for as fast as can be.")
    ] = 0,
    agent: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TELEPHONE=NAME",
            help="Who sits where, for example PJSIP/1001=Sato; may repeat. "
            "Without it every queue member and every telephone named by an extension is an agent.",
        ),
    ] = None,
    region: Annotated[str, typer.Option(help="The country whose numbers have no country code.")] = "JP",
    json: Annotated[bool, typer.Option("--json", help="One JSON object a call, for programs.")] = False,
) -> None:
    """Replay a recording through the call model: what became of each call."""
    from cti_bridge.calls_table import shown
    from cti_bridge.replay import replay

    seats = {}
    for text in agent or []:
        telephone, _, name = text.partition("=")
        if not (telephone and name):
            raise fail(f"--agent {text}: write TELEPHONE=NAME, for example PJSIP/1001=Sato")
        seats[Endpoint(telephone)] = AgentId(name)

    async def work() -> list[str]:
        with shown(as_json=json, is_live=speed > 0) as show:
            found = await replay(file, speed=speed, agents=seats, region=region, on_call=show)
        return found.lines()

    for line in run_once(work()):
        say(line)


@app.command()
def demo(
    config: Annotated[Path, typer.Option("--config", "-c", metavar="FILE")] = Path("config/demo.toml"),
    calls_per_minute: Annotated[float, typer.Option(min=0.5, max=600)] = 6,
) -> None:
    """Show it working: an invented mail-order house, a simulated PBX, calls that pop in the browser."""
    from cti_bridge.demo.scenario import Demo

    settings = _quiet(config)
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


def _load(path: Path | None) -> Settings:
    try:
        return load(path)
    except ConfigError as error:
        raise fail("\ncti-bridge: ".join(map(str, error.faults)), EXIT_CONFIG) from None


def _new_file(path: Path) -> BinaryIO:
    """A new file that nobody else on this machine can read."""
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        raise
    except OSError as error:
        raise fail(f"{path}: {error.strerror}") from None


def _quiet(path: Path | None) -> Settings:
    """Settings for a command that is not a server: only what is wrong is logged."""
    settings = _load(path)
    configure_logs("warning", settings.log.format)
    return settings


def _with_pool(settings: Settings, work: Callable[[asyncpg.Pool], Awaitable[T]]) -> T:
    """Run one piece of work on the database of the settings."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[asyncpg.Pool]:
        async with stores(settings, only_postgres=True) as (postgres_url, _):
            pool = await postgres.create_pool(postgres_url)
            try:
                await postgres.require(pool)
                yield pool
            finally:
                await pool.close()

    async def run_work() -> T:
        async with opened() as pool:
            try:
                return await work(pool)
            except asyncpg.UndefinedTableError:
                raise Refused(f"{postgres.SETTING}: no schema there yet; run cti-bridge migrate") from None
            except postgres.FAULTS as error:
                raise Unavailable(postgres.SETTING, postgres.explain(error)) from error

    return run_once(run_work())
