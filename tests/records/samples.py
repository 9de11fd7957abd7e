"""Records of calls as the call model makes them, and how they are found again in the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import asyncpg

from cti_bridge.calls.effects import RecordCall
from cti_bridge.calls.ids import AgentId, CallId, Endpoint, OfferId, PbxId, QueueId
from cti_bridge.calls.numbers import Caller, CallerKind
from cti_bridge.calls.outcomes import EndReason, ParkEnd, PartReason, QueueOutcome, WithdrawReason
from cti_bridge.calls.record import CallRecord, Hold, Park, QueueWait, Stint, Transfer, TransferKind
from cti_bridge.calls.views import Direction
from cti_bridge.records import call_rows, stored
from cti_bridge.records.stored import StoredCall, StoredRecord

T0 = 1_775_600_000.25
NUMBER = Caller(CallerKind.NUMBER, "+81312345678", "03-1234-5678")


def stint(offer: str, agent: str, rang: float, answered: float | None = None, **more: Any) -> Stint:
    """Times count from T0."""
    holds = tuple(Hold(T0 + a, None if b is None else T0 + b) for a, b in more.pop("holds", ()))
    ended = more.pop("ended", None)
    return Stint(
        OfferId(offer),
        AgentId(agent),
        Endpoint(f"PJSIP/{agent}"),
        T0 + rang,
        None if answered is None else T0 + answered,
        None if ended is None else T0 + ended,
        more.pop("end", None),
        holds,
        more.pop("by", None),
    )


def wait(entered: float, left: float | None = None, queue: str = "sales") -> QueueWait:
    outcome = QueueOutcome.OFFERED if left is None else QueueOutcome.ANSWERED
    return QueueWait(QueueId(queue), T0 + entered, None if left is None else T0 + left, outcome)


def park(slot: str, began: float, ended: float | None = None) -> Park:
    how = None if ended is None else ParkEnd.RETRIEVED
    return Park(slot, T0 + began, None if ended is None else T0 + ended, AgentId("a1"), how)


def record(call_id: str = "main-1", **more: Any) -> CallRecord:
    """A call that rings, unless ``more`` says otherwise."""
    made = CallRecord(
        call_id=CallId(call_id),
        pbx=PbxId("main"),
        direction=Direction.INBOUND,
        caller=NUMBER,
        caller_name="田中",
        dialled="0120000000",
        started_at_s=T0,
        answered_at_s=None,
        ended_at_s=None,
        outcome=None,
        queue_waits=(),
        stints=(),
        transfers=(),
        parks=(),
        has_gap=False,
    )
    return replace(made, **more)


def full(call_id: str = "main-1") -> CallRecord:
    """A call with something of everything."""
    return record(
        call_id,
        answered_at_s=T0 + 12,
        ended_at_s=T0 + 300.125,
        outcome=EndReason.COMPLETED,
        queue_waits=(wait(1, 12), wait(100, 110, "claims")),
        stints=(
            stint(f"{call_id}~x", "a2", 8, ended=12, end=WithdrawReason.ANSWERED_ELSEWHERE),
            stint(
                f"{call_id}~y",
                "a1",
                8.5,
                12,
                ended=100,
                end=PartReason.TRANSFERRED,
                holds=((20, 30), (40.5, 60.75)),
            ),
            stint(f"{call_id}~z", "gone-agent", 105, 110, ended=300.125, end=PartReason.COMPLETED, by="a1"),
        ),
        transfers=(
            Transfer(TransferKind.BLIND, T0 + 100, AgentId("a1"), "700"),
            Transfer(TransferKind.ATTENDED, T0 + 150, None, "a9"),
        ),
        parks=(park("701", 200, 210), park("701", 220)),
        has_gap=True,
    )


def called(n: int) -> CallRecord:
    """The n-th of many calls, all of it seen."""
    return replace(full(f"main-{n}"), has_gap=False)


def in_steps(n: int) -> list[CallRecord]:
    """The records of the n-th call: when it rings, when it is answered, when it is over."""
    whole = called(n)
    ringing = record(whole.call_id, queue_waits=(wait(1),))
    talking = replace(ringing, answered_at_s=whole.answered_at_s, queue_waits=(wait(1, 12),))
    return [ringing, talking, whole]


def told(record: CallRecord, run: int = 1, revision: int = 1, absorbed: str | None = None) -> StoredRecord:
    effect = RecordCall(record, None if absorbed is None else CallId(absorbed))
    decoded = stored.decode(stored.encode_record(effect, run, revision))
    assert isinstance(decoded, StoredRecord)
    return decoded


def plain(record: CallRecord) -> StoredCall:
    """The record as the tables give it back."""
    return told(record).record


async def written(pool: asyncpg.Pool, *call_ids: str) -> dict[str, StoredCall]:
    """What the tables hold of these calls, of all without any."""
    async with pool.acquire() as connection, connection.transaction():
        ids: Sequence[str] = call_ids or [
            row[0] for row in await connection.fetch("select call_id from call")
        ]
        return {call_id: row.record for call_id, row in (await call_rows.load(connection, ids)).items()}
