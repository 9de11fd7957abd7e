"""Keeps derived data fresh: whoever ordered, wrote or was called gets segments and suggestions anew.

Triggers put such customers into ``customer_stale`` in the transaction of the
change. They are worked off the newest first: what a caller just did is on the
next card although an import of a million lines still waits behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import asyncpg
import structlog

from cti_bridge.storage.postgres import FAULTS, SETTING, explain
from cti_bridge.telemetry import Telemetry

_log = structlog.get_logger(__name__)

# One transaction: about 0.1 s of work, during which a change of the same customers waits for nobody.
BATCH_CUSTOMERS = 200
# Whoever tells is not always heard: another bridge may have died with its batch, a connection been cut.
LOOK_EVERY_S = 5.0
FIRST_DELAY_S = 0.2
MAX_DELAY_S = 10.0

Derive: TypeAlias = Callable[[asyncpg.Connection, Sequence[int]], Awaitable[None]]
"""Computes and writes all that is derived of some customers, within the caller's transaction."""

# Several bridges share the work: a row another one holds is passed by. Whoever stands in line several times
# (an import changes an order, its lines, its payments) is derived once.
_TAKE = """
with newest as materialized (
    select stale_id, customer_id from customer_stale order by stale_id desc limit $1 for update skip locked),
again as materialized (
    select stale_id from customer_stale where customer_id in (select customer_id from newest)
    for update skip locked),
taken as (
    delete from customer_stale
    where stale_id in (select stale_id from newest union all select stale_id from again)
    returning customer_id)
select distinct customer_id from taken order by 1
"""


class Freshener:
    """Works off ``customer_stale`` with ``derive``; ``wake`` says that there is something."""

    def __init__(self, pool: asyncpg.Pool, derive: Derive, telemetry: Telemetry) -> None:
        self._pool = pool
        self._derive = derive
        self._telemetry = telemetry
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There are customers to work off."""
        self._woken.set()

    async def run(self, look_every_s: float = LOOK_EVERY_S) -> None:
        """Work off whatever arrives; runs until cancelled. PostgreSQL may be away at any time."""
        delay_s = FIRST_DELAY_S
        while True:
            try:
                while await self.work():
                    pass
            except FAULTS as error:
                _log.warning(
                    "customers_stay_stale", setting=SETTING, cause=explain(error), retry_in_s=delay_s
                )
                await asyncio.sleep(delay_s)
                delay_s = min(delay_s * 2, MAX_DELAY_S)
                continue
            delay_s = FIRST_DELAY_S
            try:
                async with asyncio.timeout(look_every_s):
                    await self._woken.wait()
            except TimeoutError:
                continue
            self._woken.clear()

    async def work(self, limit: int = BATCH_CUSTOMERS) -> int:
        """Work off one batch; how many customers it was.

        Raises: what is in ``storage.postgres.FAULTS``; the batch is stale as before then.
        """
        try:
            return await self._take(limit)
        except Exception as error:
            if isinstance(error, FAULTS) and not isinstance(error, asyncpg.DataError):
                raise
            # One customer's data must not keep the others' stale for ever.
            _log.exception("derivation_failed", customers=limit)
            self._telemetry.task_failures.labels("derive").inc()
            if limit > 1:
                return max([await self.work(1) for _ in range(limit)])
            await self._give_up_newest()
            return 1

    async def _take(self, limit: int) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            customers = [row["customer_id"] for row in await connection.fetch(_TAKE, limit)]
            if customers:
                await self._derive(connection, customers)
        return len(customers)

    async def _give_up_newest(self) -> None:
        """Leave the customer whose data cannot be derived as it is, until the next change of it."""
        await self._pool.execute(
            "delete from customer_stale where stale_id = (select max(stale_id) from customer_stale)"
        )
