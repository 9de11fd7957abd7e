"""``cti-bridge suggest``: product suggestions."""

from __future__ import annotations

import asyncpg
import typer

from cti_bridge.cli.work import ConfigPath, quiet, with_pool
from cti_bridge.terminal import progress

app = typer.Typer(no_args_is_help=True, help="Product suggestions.")


@app.command("train")
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

    print(with_pool(quiet(config), work))
