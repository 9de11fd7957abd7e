"""Trains suggestions from the database into the database; the cards change to them all at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import asyncpg
import numpy as np
from scipy import sparse

from cti_bridge.errors import Refused
from cti_bridge.suggest.candidates import Csr, History, Ids
from cti_bridge.suggest.offers import offers
from cti_bridge.suggest.variants import variants

# Gets customers done and customers in all.
Progress = Callable[[int, int], None]

KIND = "item-to-item"
KEPT_MODELS = 2
# Reading and writing everything; a query of the bridge itself has ten seconds.
_TIMEOUT_S = 600.0
# Any number of our own: who holds it trains.
_TRAINING_LOCK = 0x53554747

_LINES_SQL = """
select o.customer_id, l.product_id,
       count(*) filter (where o.status not in ('cancelled', 'returned')) as times
from "order" o join order_line l using (order_id)
group by 1, 2
"""


@dataclass(frozen=True, slots=True)
class TrainResult:
    """``suggestions`` in all; ``seconds`` from reading to the swap."""

    model_id: int
    customers: int
    suggestions: int
    seconds: float


async def train(pool: asyncpg.Pool, *, progress: Progress | None = None) -> TrainResult:
    """Suggest up to five products to every customer, and keep this model and the one before.

    Reads, computes and swaps in one transaction: until its end every card
    shows the old model, and a fault leaves that. The computing runs in a thread.

    Raises: Refused when another training is under way.
    """
    started_s = time.perf_counter()
    written = 0
    async with pool.acquire() as connection, connection.transaction():
        if not await connection.fetchval("select pg_try_advisory_xact_lock($1)", _TRAINING_LOCK):
            raise Refused("suggestions are being trained already")
        history = await _read(connection)
        model_id: int = await connection.fetchval(
            "insert into suggestion_model (kind) values ($1) returning model_id", KIND
        )
        await connection.execute(
            "create temporary table offered (customer_id bigint, position int, product_id bigint, score real,"
            " reason_code text, reason_product_id bigint) on commit drop"
        )
        total = len(history.customers)
        batches = offers(history)
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            await connection.copy_records_to_table("offered", records=batch.offers, timeout=_TIMEOUT_S)
            written += len(batch.offers)
            if progress is not None:
                progress(batch.customers_done, total)
        await _swap(connection, model_id)
    return TrainResult(model_id, total, written, time.perf_counter() - started_s)


async def _read(connection: asyncpg.Connection) -> History:
    customers = await connection.fetch("select customer_id from customer order by 1", timeout=_TIMEOUT_S)
    products = await connection.fetch(
        "select product_id, is_active and is_in_stock, category, name from product order by 1",
        timeout=_TIMEOUT_S,
    )
    lines = await connection.fetch(_LINES_SQL, timeout=_TIMEOUT_S)
    marks = await connection.fetch("select customer_id, product_id, 1 from favourite", timeout=_TIMEOUT_S)
    return await asyncio.to_thread(_history, customers, products, lines, marks)


def _history(
    customers: Sequence[asyncpg.Record],
    products: Sequence[asyncpg.Record],
    lines: Sequence[asyncpg.Record],
    marks: Sequence[asyncpg.Record],
) -> History:
    customer_ids = np.fromiter((row[0] for row in customers), np.int64, len(customers))
    product_ids = np.fromiter((row[0] for row in products), np.int64, len(products))
    times = _matrix(lines, customer_ids, product_ids)
    ordered = times.copy()
    ordered.data[:] = 1.0
    times.eliminate_zeros()
    return History(
        customers=customer_ids,
        products=product_ids,
        times=times,
        ordered=ordered,
        favourites=_matrix(marks, customer_ids, product_ids),
        can_offer=np.fromiter((row[1] for row in products), np.bool_, len(products)),
        variant=variants((row[2], row[3]) for row in products),
    )


def _matrix(triples: Sequence[asyncpg.Record], customers: Ids, products: Ids) -> Csr:
    """Customer id, product id and a number, each pair once, as a matrix of places.

    Ids not among ``customers`` and ``products`` were born since those were read, and are left out.
    """
    table = np.array([tuple(row) for row in triples], dtype=np.int64).reshape(-1, 3)
    table = table[np.isin(table[:, 0], customers) & np.isin(table[:, 1], products)]
    rows = np.searchsorted(customers, table[:, 0])
    columns = np.searchsorted(products, table[:, 1])
    shape = (len(customers), len(products))
    return sparse.csr_matrix((table[:, 2].astype(np.float64), (rows, columns)), shape=shape)


async def _swap(connection: asyncpg.Connection, model_id: int) -> None:
    """Write what was staged, make the model current and drop those before the last."""
    # Joined, because a customer or product may have been deleted while we computed.
    await connection.execute(
        """
        insert into suggestion
            (model_id, customer_id, position, product_id, score, reason_code, reason_product_id)
        select $1, o.customer_id, o.position, o.product_id, o.score, o.reason_code, r.product_id
        from offered o
        join customer using (customer_id)
        join product p on p.product_id = o.product_id
        left join product r on r.product_id = o.reason_product_id
        order by o.customer_id, o.position
        """,
        model_id,
        timeout=_TIMEOUT_S,
    )
    await connection.execute("update suggestion_model set is_current = false where is_current")
    await connection.execute("update suggestion_model set is_current = true where model_id = $1", model_id)
    await connection.execute(
        "delete from suggestion_model where model_id not in"
        " (select model_id from suggestion_model order by model_id desc limit $1)",
        KEPT_MODELS,
        timeout=_TIMEOUT_S,
    )
