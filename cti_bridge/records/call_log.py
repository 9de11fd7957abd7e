"""The call log: every call ends up in PostgreSQL once, whatever dies on the way.

``CallLog`` puts what is told of calls into the spool, ``write_calls`` brings
it from there into the tables; ``join`` says which record of a call counts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import asyncpg
import structlog

from cti_bridge.calls.effects import RecordCall
from cti_bridge.calls.ids import CallId, PbxId
from cti_bridge.clock import Clock
from cti_bridge.records import call_rows, stored
from cti_bridge.records.join import absorb, succeed
from cti_bridge.records.spool import Spool
from cti_bridge.records.stored import StoredLoss, StoredRecord

CALL: Final = "call"

_log = structlog.get_logger(__name__)


class CallLog:
    """Takes what there is to write of calls, in some 10 µs each, and never waits.

    What it takes is told in the order of the spool: a call closed as lost is
    one whose records were all written before.
    """

    def __init__(self, spool: Spool, clock: Clock) -> None:
        self._spool = spool
        self._clock = clock
        self._run = self._revision = int(clock.now_s() * 1e6)

    def take(self, effect: RecordCall) -> None:
        """Have this record written, in place of earlier ones of its call."""
        try:
            payload = stored.encode_record(effect, self._run, self._next_revision())
        except ValueError:
            # Text that is no Unicode. It is cleaned before it comes here, so this is a fault of ours.
            _log.exception("record_not_encoded", call_id=ascii(effect.record.call_id))
            return
        self._spool.put(CALL, payload)

    def close_lost(self, pbx: PbxId, live_call_ids: Collection[CallId], at_s: float) -> None:
        """The first snapshot of ``pbx`` is in: its calls written as open are over unless they live."""
        self._spool.put(CALL, stored.encode_loss(pbx, live_call_ids, at_s, self._next_revision()))

    def _next_revision(self) -> int:
        # Microseconds, so that a later run's are higher; never twice the same, though the clock stand still.
        self._revision = max(self._revision + 1, int(self._clock.now_s() * 1e6))
        return self._revision


async def write_calls(connection: asyncpg.Connection, payloads: Sequence[bytes]) -> None:
    """Bring entries of the spool into the tables: the handler of ``CALL``, which may see an entry again.

    Raises: msgspec.DecodeError, or what asyncpg raises; nothing of it holds unless the transaction does.
    """
    batch: list[StoredRecord] = []
    for payload in payloads:
        told = stored.decode(payload)
        if isinstance(told, StoredLoss):
            await _write(connection, batch)
            batch = []
            await call_rows.close_lost(connection, told)
        else:
            batch.append(told)
    await _write(connection, batch)


async def _write(connection: asyncpg.Connection, batch: Sequence[StoredRecord]) -> None:
    """Fold the records of each call into one, over what is written, and write that."""
    if not batch:
        return
    mentioned = {told.record.call_id for told in batch} | {told.absorbed for told in batch if told.absorbed}
    written = await call_rows.load(connection, mentioned)
    known = dict(written)
    for told in batch:
        call_id = told.record.call_id
        absorbed = known.get(told.absorbed) if told.absorbed else None
        if absorbed is not None and absorbed.revision < told.revision:
            del known[absorbed.record.call_id]
            told = absorb(absorbed, told)
        known[call_id] = succeed(known[call_id], told) if call_id in known else told
    for told in batch:
        if told.absorbed:
            await call_rows.follow(connection, told.absorbed, told.record.call_id)
    fresh = [told for call_id, told in known.items() if told is not written.get(call_id)]
    await call_rows.write(connection, fresh, written.keys() - known.keys())
