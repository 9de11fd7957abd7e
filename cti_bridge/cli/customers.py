"""``cti-bridge warm`` and ``cti-bridge forget``: cards made ready, customers erased."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer
from asyncpg import Pool

from cti_bridge.cli.work import ConfigPath, quiet, with_cards, with_pool
from cti_bridge.lookup.cache import CardCache
from cti_bridge.terminal import fail, progress

app = typer.Typer()


@app.command("warm")
def warm_command(
    config: ConfigPath = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000_000, help="How many numbers.")] = 50_000,
) -> None:
    """Make the cards of the likeliest callers ready in Redis. A bridge may run meanwhile."""
    from cti_bridge.lookup.query import PostgresCards, card_rules
    from cti_bridge.lookup.warm import Warmed, warm

    settings = quiet(config)

    async def work(pool: Pool, cache: CardCache) -> Warmed:
        with progress() as show:
            return await warm(
                pool,
                PostgresCards(pool, card_rules(settings)),
                cache,
                limit=limit,
                progress=lambda done, total: show("Warming cards", done, total),
            )

    done = with_cards(settings, work)
    outdated = f"; {done.changed} changed meanwhile and dropped" if done.changed else ""
    print(f"{done.cards} cards kept, {done.size_bytes / 1e6:.1f} MB{outdated}")


@app.command("forget")
def forget_command(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The customer's code.")],
    config: ConfigPath = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a customer on request: who it was is gone, the orders stay as nobody's. Cannot be undone."""
    from cti_bridge.customers.forget import Forgotten, forget

    settings = quiet(config)
    if not yes:
        typer.confirm(f"Erase customer {code} for good?", abort=True)

    async def work(pool: Pool) -> Forgotten | None:
        return await forget(pool, code, getpass.getuser())

    done = with_pool(settings, work)
    if done is None:
        raise fail(f"{code}: there is no such customer")
    touched = ", ".join(f"{rows} {what}" for what, rows in done.rows.items() if rows)
    print(f"{code}: forgotten ({touched or 'nothing else was known'})")
