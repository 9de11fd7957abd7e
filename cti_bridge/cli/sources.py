"""``cti-bridge source``: systems outside that send records."""

from __future__ import annotations

import re
from typing import Annotated

import asyncpg
import typer

from cti_bridge.cli.work import ConfigPath, quiet, with_pool
from cti_bridge.intake.tokens import SourceState, Tokens
from cti_bridge.terminal import fail, say

app = typer.Typer(no_args_is_help=True, help="Systems that send records, and their tokens.")

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
Name = Annotated[str, typer.Argument(metavar="NAME", help="For example shop or fax-desk.")]


@app.command("add")
def source_add(name: Name, config: ConfigPath = None) -> None:
    """Make a token for a system, shown this once; an older one of it is worth nothing from now on."""
    if _NAME.fullmatch(name) is None:
        raise fail(f"{name}: small letters, digits, - and _, beginning with a letter, at most 32")

    async def work(pool: asyncpg.Pool) -> str:
        return await Tokens(pool).create(name)

    token = with_pool(quiet(config), work)
    say(f"{name}: send it as the header  Authorization: Bearer TOKEN  to /api/intake/...")
    print(token)


@app.command("list")
def source_list(config: ConfigPath = None) -> None:
    """List the systems that may send."""

    async def work(pool: asyncpg.Pool) -> list[SourceState]:
        return await Tokens(pool).sources()

    for one in with_pool(quiet(config), work):
        used = f"last used {one.last_used_at:%Y-%m-%d %H:%M} UTC" if one.last_used_at else "never used"
        state = f"disabled since {one.disabled_at:%Y-%m-%d}" if one.disabled_at else used
        print(f"{one.source:<33}{state}")


@app.command("disable")
def source_disable(name: Name, config: ConfigPath = None) -> None:
    """Refuse a system's token from now on."""

    async def work(pool: asyncpg.Pool) -> bool:
        return await Tokens(pool).disable(name)

    if not with_pool(quiet(config), work):
        raise fail(f"{name}: there is no such source; see cti-bridge source list")
    print(f"{name}: disabled")
