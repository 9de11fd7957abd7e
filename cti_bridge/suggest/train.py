"""Trains suggestions from the database into the database; the cards change to them all at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import asyncpg

from cti_bridge.customers.questions import Question
from cti_bridge.errors import Refused
from cti_bridge.segments.derive import derive
from cti_bridge.segments.history import read_histories
from cti_bridge.segments.store import next_customers, read_rules
from cti_bridge.settings import Settings
from cti_bridge.suggest.acceptance import read_acceptance
from cti_bridge.suggest.catalogue import read_catalogue, read_matches
from cti_bridge.suggest.model import fit, save
from cti_bridge.suggest.purchases import read_purchases
from cti_bridge.suggest.recommend import Recommender

# Gets customers done and customers in all.
Progress = Callable[[int, int], None]

KIND = "item-to-item, companions, replenishment"
KEPT_MODELS = 2
# Bounds what is in memory at once: some 8 suggestions of 200 bytes for each customer.
BATCH_CUSTOMERS = 1000
# Reading and writing everything; a query of the bridge itself has ten seconds.
_TIMEOUT_S = 1800.0
# Any number of our own: who holds it trains.
_TRAINING_LOCK = 0x53554747


@dataclass(frozen=True, slots=True)
class TrainResult:
    """``suggestions`` in all; ``seconds`` from reading to the swap."""

    model_id: int
    customers: int
    suggestions: int
    seconds: float


async def train(
    pool: asyncpg.Pool,
    settings: Settings | None = None,
    *,
    now: datetime | None = None,
    questions: Sequence[Question] = (),
    progress: Progress | None = None,
) -> TrainResult:
    """Learn from everybody's purchases, suggest to every customer, and keep this model and the one before.

    Reads, computes and swaps in one transaction: until its end every card
    shows the old model, and a fault leaves that. The computing runs in a thread.
    ``questions`` are those whose answers speak for products.

    Raises: Refused when another training is under way.
    """
    settings, now = settings or Settings(), now or datetime.now(UTC)
    started_s = time.perf_counter()
    written = done = 0
    async with pool.acquire() as connection, connection.transaction():
        if not await connection.fetchval("select pg_try_advisory_xact_lock($1)", _TRAINING_LOCK):
            raise Refused("suggestions are being trained already")
        catalogue = await read_catalogue(connection)
        purchases = await read_purchases(connection, catalogue)
        model = await asyncio.to_thread(fit, purchases, catalogue)
        del purchases
        model_id: int = await connection.fetchval(
            "insert into suggestion_model (kind) values ($1) returning model_id", KIND
        )
        await save(connection, model_id, model)
        zone = ZoneInfo(settings.region.time_zone)
        acceptance = await read_acceptance(connection)
        matches = await read_matches(connection, questions)
        recommender = Recommender(model_id, model, settings.suggest, zone, acceptance, matches)
        rules = await read_rules(connection, settings)
        total = await connection.fetchval("select count(*) from customer", timeout=_TIMEOUT_S)
        last = 0
        while ids := await next_customers(connection, last, BATCH_CUSTOMERS):
            histories = await read_histories(connection, ids, zone.key)
            segments = [derive(history, rules, now) for _, history in sorted(histories.items())]
            written += await recommender.recommend(connection, segments, now)
            done, last = done + len(segments), ids[-1]
            if progress is not None:
                progress(min(done, total), total)
        await _swap(connection, model_id)
    return TrainResult(model_id, done, written, time.perf_counter() - started_s)


async def _swap(connection: asyncpg.Connection, model_id: int) -> None:
    """Make the model current and drop those before the last."""
    await connection.execute("update suggestion_model set is_current = false where is_current")
    await connection.execute("update suggestion_model set is_current = true where model_id = $1", model_id)
    await connection.execute(
        "delete from suggestion_model where model_id not in"
        " (select model_id from suggestion_model order by model_id desc limit $1)",
        KEPT_MODELS,
        timeout=_TIMEOUT_S,
    )
