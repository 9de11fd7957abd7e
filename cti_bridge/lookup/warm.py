"""Makes cards ready in Redis before anybody calls, those of the likeliest callers first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import asyncpg

from cti_bridge.lookup.cache import CardCache
from cti_bridge.lookup.missed import Missed
from cti_bridge.lookup.query import PostgresCards

# Gets numbers done and numbers in all.
Progress = Callable[[int, int], None]

# So many are read and kept before it is looked up which of them changed meanwhile.
BATCH_NUMBERS = 500
READERS = 4
_TIMEOUT_S = 60.0

# Who called or ordered lately calls again: an order under way, a question about it, the next need.
_LIKELIEST = """
select e164 from (
    select n.e164, max(greatest(s.last_call_at, s.last_order_at)) as last_at
    from customer_segment s join customer_number n using (customer_id)
    group by n.e164) holder
order by last_at desc nulls last, e164 limit $1
"""


@dataclass(frozen=True, slots=True)
class Warmed:
    """``cards``: kept in Redis; ``size_bytes``: of them together; ``changed``: dropped again as outdated."""

    cards: int
    size_bytes: int
    changed: int


async def warm(
    pool: asyncpg.Pool,
    cards: PostgresCards,
    cache: CardCache,
    *,
    limit: int,
    progress: Progress | None = None,
) -> Warmed:
    """Keep the cards of the ``limit`` numbers that are likeliest to call.

    A bridge may run meanwhile: what changed while its card was on the way is
    dropped again, and what the bridge itself kept is newer and stays.

    Raises: what is in ``storage.postgres.FAULTS`` and ``storage.redis.FAULTS``.
    """
    e164s = [row["e164"] for row in await pool.fetch(_LIKELIEST, limit, timeout=_TIMEOUT_S)]
    kept = size_bytes = changed = 0
    async with pool.acquire() as connection:
        missed = Missed()
        await missed.read(connection)
        missed.dropped()  # nothing is kept yet
        for start in range(0, len(e164s), BATCH_NUMBERS):
            batch = e164s[start : start + BATCH_NUMBERS]
            outdated = set(batch)  # unless it is known to be less
            try:
                sizes = await _keep_all(batch, cards, cache)
                found = await missed.read(connection)
                if found is not None:
                    outdated &= set(found)
            finally:
                await cache.drop(outdated)
            missed.dropped()
            kept += sum(count for count, _ in sizes)
            size_bytes += sum(size for _, size in sizes)
            changed += len(outdated)
            if progress is not None:
                progress(start + len(batch), len(e164s))
    return Warmed(kept, size_bytes, changed)


async def _keep(e164s: Sequence[str], cards: PostgresCards, cache: CardCache) -> tuple[int, int]:
    """How many cards were kept, and their bytes."""
    kept = size_bytes = 0
    for e164 in e164s:
        card = await cards.read(e164)
        if card is not None and await cache.put_new(e164, card):
            kept += 1
            size_bytes += len(card)
    return kept, size_bytes


async def _keep_all(batch: Sequence[str], cards: PostgresCards, cache: CardCache) -> list[tuple[int, int]]:
    """The same of each reader. None of them keeps anything once this has failed."""
    parts = [batch[reader::READERS] for reader in range(READERS)]
    done = await asyncio.gather(*(_keep(part, cards, cache) for part in parts), return_exceptions=True)
    sizes = []
    for one in done:
        if isinstance(one, BaseException):
            raise one
        sizes.append(one)
    return sizes
