"""``cti-bridge suggest``: product suggestions."""

from __future__ import annotations

import asyncpg
import typer

from cti_bridge.cli.work import ConfigPath, questions_of, quiet, with_pool
from cti_bridge.terminal import progress, say

app = typer.Typer(no_args_is_help=True, help="Product suggestions.")


@app.command("train")
def suggest_train(config: ConfigPath = None) -> None:
    """Train the suggestions anew; the new model replaces the old one at once."""
    from cti_bridge.suggest.train import train

    settings = quiet(config)
    questions = questions_of(settings)

    async def work(pool: asyncpg.Pool) -> str:
        with progress() as show:
            result = await train(
                pool,
                settings,
                questions=questions,
                progress=lambda done, total: show("Training suggestions", done, total),
            )
        return (
            f"model {result.model_id}: {result.suggestions} suggestions for {result.customers} customers "
            f"in {result.seconds:.1f} s"
        )

    print(with_pool(settings, work))


@app.command("evaluate")
def suggest_evaluate(config: ConfigPath = None) -> None:
    """Hold back everybody's last purchases, and see who would have suggested them."""
    from cti_bridge.suggest.evaluate import SHOWN, Evaluation, evaluate

    settings = quiet(config)

    async def work(pool: asyncpg.Pool) -> Evaluation:
        with progress() as show:
            return await evaluate(
                pool, settings.suggest, progress=lambda done, total: show("Evaluating", done, total)
            )

    found = with_pool(settings, work)
    if not found.customers:
        say("there is nothing to evaluate: nobody ordered on two days")
        return
    print(f"{found.customers} customers, what they bought on their last day held back")
    print(f"{f'among the first {SHOWN}':<20}{'hit rate':>10}{'new ones':>10}{'coverage':>10}")
    for name, quality in found.ways.items():
        print(f"{name:<20}{quality.hit_rate:>10.1%}{quality.hit_rate_new:>10.1%}{quality.coverage:>10.1%}")
