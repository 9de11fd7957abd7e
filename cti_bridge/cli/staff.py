"""``cti-bridge user`` and ``cti-bridge phone``: who works here, and at which telephones."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from cti_bridge.agents.desks import AgentQueue, Desks
from cti_bridge.agents.passwords import hash_password
from cti_bridge.agents.roster import add_agent, change_member, list_members
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId, QueueId
from cti_bridge.cli.work import ConfigPath, quiet, with_pool
from cti_bridge.terminal import fail

MIN_PASSWORD = 8

phones = typer.Typer(no_args_is_help=True, help="Telephones that agents share.")
users = typer.Typer(no_args_is_help=True, help="Agents and supervisors.")


@users.command("add")
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
    settings = quiet(config)
    password = _new_password()

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

    with_pool(settings, work)
    print(f"{login}: saved")


@users.command("list")
def user_list(config: ConfigPath = None) -> None:
    """Everybody, those who are disabled too."""
    for member in with_pool(quiet(config), list_members):
        notes = [] if member.is_active else ["disabled"]
        notes += [] if member.has_password else ["no password"]
        columns = (member.login, member.agent_id, member.role, member.name, " ".join(member.endpoints))
        print("\t".join((*columns, ", ".join(notes))).rstrip())


@users.command("disable")
def user_disable(login: str, config: ConfigPath = None) -> None:
    """Keep somebody out: every session ends at once. History and telephones stay."""
    _change(login, config, is_active=False)
    print(f"{login}: disabled")


@users.command("enable")
def user_enable(login: str, config: ConfigPath = None) -> None:
    """Let somebody in again who was disabled."""
    _change(login, config, is_active=True)
    print(f"{login}: enabled")


@users.command("reset")
def user_reset(login: str, config: ConfigPath = None) -> None:
    """Give somebody a new password, asked for or read from standard input: every session ends at once."""
    password = _new_password()
    _change(login, config, password=password)
    print(f"{login}: has a new password")


@users.command("sign-out")
def user_sign_out(login: str, config: ConfigPath = None) -> None:
    """End every session of somebody at once, for example at a lost laptop."""
    _change(login, config)
    print(f"{login}: signed out everywhere")


@phones.command("share")
def phone_share(
    telephone: Annotated[str, typer.Argument(metavar="PBX:TELEPHONE", help="For example main:PJSIP/1005.")],
    config: ConfigPath = None,
) -> None:
    """Make a telephone one at which whoever sits there signs on from the page."""
    pbx, endpoint = _telephone("PBX:TELEPHONE", telephone)

    async def work(pool: asyncpg.Pool) -> bool:
        return await Desks(pool).add(PbxId(pbx), Endpoint(endpoint))

    if not with_pool(quiet(config), work):
        raise fail(f"{telephone}: belongs to one agent; give that agent another with cti-bridge user add")
    print(f"{telephone}: shared")


def _new_password() -> str:
    if sys.stdin.isatty():
        password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    if len(password) < MIN_PASSWORD:
        raise fail(f"the password must have at least {MIN_PASSWORD} characters")
    return password


def _change(
    login: str, config: Path | None, *, is_active: bool | None = None, password: str | None = None
) -> None:
    async def work(pool: asyncpg.Pool) -> bool:
        password_hash = await hash_password(password) if password is not None else None
        now = datetime.now(UTC)
        return await change_member(pool, login, now, is_active=is_active, password_hash=password_hash)

    if not with_pool(quiet(config), work):
        raise fail(f"{login}: nobody has this login; cti-bridge user list tells who is there")


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
