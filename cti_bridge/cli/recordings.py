"""``cti-bridge record`` and ``cti-bridge replay``: what a PBX sends, kept and read again."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from cti_bridge.calls.ids import AgentId, Endpoint
from cti_bridge.cli.work import ConfigPath, settings_of
from cti_bridge.clock import Clock
from cti_bridge.telemetry import Telemetry, configure_logs
from cti_bridge.terminal import EXIT_CONFIG, fail, run_once, run_until_stopped, say

app = typer.Typer()


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

    settings = settings_of(config)
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


def _new_file(path: Path) -> BinaryIO:
    """A new file that nobody else on this machine can read."""
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        raise
    except OSError as error:
        raise fail(f"{path}: {error.strerror}") from None
