"""``cti-bridge warm`` and ``cti-bridge forget``: cards made ready, customers erased."""

from __future__ import annotations

from typing import Annotated

import typer
from asyncpg import Pool

from cti_bridge.cli.work import ConfigPath, quiet, with_cards
from cti_bridge.lookup.cache import CardCache
from cti_bridge.terminal import progress

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
