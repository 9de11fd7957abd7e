"""The writer: brings what waits in the spool into PostgreSQL, in order, however long that is away.

An entry leaves the spool after the transaction that wrote it, so one may be
written again after a crash: handlers take the same entry twice for once.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

import asyncpg
import structlog

from cti_bridge.records.dead import DeadLetters
from cti_bridge.records.spool import Entry, Spool
from cti_bridge.storage.postgres import FAULTS, SETTING, explain

_log = structlog.get_logger(__name__)

# Writing 50 full records holds the event loop for 1.5 ms at most, 200 for 4 ms, at the same 1,700 a second.
BATCH_ENTRIES = 50
# A call's end brings several entries within milliseconds: they are written together.
GATHER_S = 0.1
# How much a power cut may cost while PostgreSQL is away; see ``Spool.sync``.
SYNC_EVERY_S = 1.0
FIRST_DELAY_S = 0.2
MAX_DELAY_S = 10.0

# PostgreSQL is well and does not want this entry: it never will.
_REFUSALS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    ValueError,
)

# ValueError: the address cannot be used as it stands.
_AWAY: tuple[type[Exception], ...] = (*FAULTS, ValueError)

# Writes payloads of one kind, oldest first, within a transaction that it leaves open.
Handler: TypeAlias = Callable[[asyncpg.Connection, Sequence[bytes]], Awaitable[None]]


class Writer:
    """``handlers`` by kind of entry. ``on_written(kind, entries)``, ``on_dead(kind)`` are for metrics."""

    def __init__(
        self,
        spool: Spool,
        pool: asyncpg.Pool,
        handlers: Mapping[str, Handler],
        dead: DeadLetters,
        *,
        on_written: Callable[[str, int], None] = lambda kind, entries: None,
        on_dead: Callable[[str], None] = lambda kind: None,
        gather_s: float = GATHER_S,
        first_delay_s: float = FIRST_DELAY_S,
        sync_every_s: float = SYNC_EVERY_S,
    ) -> None:
        self._spool = spool
        self._pool = pool
        self._handlers = handlers
        self._dead = dead
        self._on_written = on_written
        self._on_dead = on_dead
        self._gather_s = gather_s
        self._first_delay_s = first_delay_s
        self._sync_every_s = sync_every_s

    async def run(self) -> None:
        """Write whatever arrives; runs until cancelled. PostgreSQL may be away at any time."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sync_forever(), name="spool_sync")
            await self._write_forever()

    async def drain(self) -> None:
        """Write what waits. Raises: what the pool raises when PostgreSQL is away; what is left waits on."""
        while entries := self._spool.take(BATCH_ENTRIES):
            if not await self._write(entries):
                # One of them is refused. One by one it is seen which, and the others are written.
                for entry in entries:
                    if not await self._write([entry]):
                        self._spool.done(entry.position)

    async def _write_forever(self) -> None:
        delay_s = self._first_delay_s
        while True:
            self._spool.arrived.clear()
            try:
                await self.drain()
            except _AWAY as error:
                _log.warning(
                    "records_wait",
                    setting=SETTING,
                    cause=explain(error),
                    waiting=self._spool.depth,
                    retry_in_s=delay_s,
                )
                await asyncio.sleep(delay_s * random.uniform(0.5, 1.0))
                delay_s = min(delay_s * 2, MAX_DELAY_S)
                continue
            if delay_s > self._first_delay_s:
                _log.warning("records_written_again")
                delay_s = self._first_delay_s
            await self._spool.arrived.wait()
            await asyncio.sleep(self._gather_s)

    async def _write(self, entries: Sequence[Entry]) -> bool:
        """Write all of ``entries`` or none; False when one is refused, which alone is then dead.

        Raises: what is in ``storage.postgres.FAULTS``.
        """
        kinds: dict[str, list[bytes]] = {}
        for entry in entries:
            kinds.setdefault(entry.kind, []).append(entry.payload)
        async with self._pool.acquire() as connection:  # outside: no fault of connecting is an entry's
            try:
                async with connection.transaction():
                    for kind, payloads in kinds.items():
                        await self._handler(kind)(connection, payloads)
            except Exception as error:
                if isinstance(error, FAULTS) and not isinstance(error, _REFUSALS):
                    raise
                if len(entries) == 1:
                    await asyncio.to_thread(self._dead.add, entries[0].kind, entries[0].payload, error)
                    self._on_dead(entries[0].kind)
                return False
        self._spool.done(entries[-1].position)
        for kind, payloads in kinds.items():
            self._on_written(kind, len(payloads))
        return True

    def _handler(self, kind: str) -> Handler:
        try:
            return self._handlers[kind]
        except KeyError:
            raise ValueError(f"nothing here writes entries of kind {kind}") from None

    async def _sync_forever(self) -> None:
        while True:
            await asyncio.sleep(self._sync_every_s)
            # While PostgreSQL answers, entries are gone sooner than it would be worth a sync.
            if self._spool.depth and not self._spool.is_synced:
                try:
                    await self._spool.sync()
                except OSError as error:
                    _log.warning("spool_not_synced", cause=error.strerror)
