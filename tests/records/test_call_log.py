from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any

import asyncpg
import msgspec
import pytest

from cti_bridge.calls.effects import RecordCall
from cti_bridge.calls.ids import AgentId, PbxId
from cti_bridge.calls.numbers import Caller, CallerKind
from cti_bridge.calls.outcomes import EndReason, ParkEnd, PartReason, QueueOutcome, WithdrawReason
from cti_bridge.calls.record import CallRecord, Hold, Park, QueueWait, Stint, Transfer, TransferKind
from cti_bridge.calls.views import Direction
from cti_bridge.records import stored
from cti_bridge.records.call_log import write_calls
from tests.conftest import Database
from tests.records.samples import T0, full, park, plain, record, stint, wait, written

OLD_RUN, NEW_RUN = int(T0 * 1e6), int((T0 + 50) * 1e6)


async def write(pool: asyncpg.Pool, *payloads: bytes) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await write_calls(connection, payloads)


def told(made: CallRecord, revision: int, run: int = OLD_RUN, absorbed: Any = None) -> bytes:
    return stored.encode_record(RecordCall(made, absorbed), run, run + revision)


async def counts(pool: asyncpg.Pool) -> dict[str, int]:
    tables = ("call", "call_stint", "call_hold", "call_queue_wait", "call_transfer", "call_park")
    return {table: await pool.fetchval(f"select count(*) from {table}") for table in tables}


async def test_a_full_record_comes_back_as_it_was(database: Database) -> None:
    await write(database.pool, told(full(), 1))
    assert await written(database.pool) == {"main-1": plain(full())}
    assert await counts(database.pool) == {
        "call": 1,
        "call_stint": 3,
        "call_hold": 2,
        "call_queue_wait": 2,
        "call_transfer": 2,
        "call_park": 2,
    }
    row = await database.pool.fetchrow("select * from call_stint where offer_id = 'main-1~y'")
    assert (row["call_id"], row["agent_id"], row["endpoint"]) == ("main-1", "a1", "PJSIP/a1")
    assert row["answered_at"].timestamp() == T0 + 12
    assert await database.pool.fetchval("select pbx from call_queue_wait where queue = 'claims'") == "main"


EVERY_VALUE = [
    *(record(f"d-{each}", direction=each) for each in Direction),
    *(
        record(f"k-{each}", caller=Caller(each, "+81312345678" if each is CallerKind.NUMBER else None, ""))
        for each in CallerKind
    ),
    *(record(f"o-{each}", outcome=each, ended_at_s=T0) for each in EndReason),
    *(record(f"q-{each}", queue_waits=(QueueWait(wait(0).queue, T0, None, each),)) for each in QueueOutcome),
    *(
        record(f"e-{each}", stints=(stint(f"e-{each}", "a", 0, ended=1, end=each),))
        for each in (*PartReason, *WithdrawReason)
    ),
    *(record(f"t-{each}", transfers=(Transfer(each, T0, None, "1"),)) for each in TransferKind),
    *(record(f"p-{each}", parks=(Park("701", T0, T0, None, each),)) for each in ParkEnd),
]


async def test_the_tables_take_every_value_the_call_model_knows(database: Database) -> None:
    await write(database.pool, *(told(made, 1) for made in EVERY_VALUE))
    assert await written(database.pool) == {made.call_id: plain(made) for made in EVERY_VALUE}


@pytest.mark.parametrize("is_one_batch", [True, False])
async def test_each_record_replaces_the_one_before(database: Database, is_one_batch: bool) -> None:
    whole = replace(full(), has_gap=False)
    ringing = record(
        stints=(stint("main-1~x", "a2", 8), stint("main-1~late", "a3", 9)), queue_waits=(wait(1),)
    )
    payloads = [told(ringing, 1), told(whole, 2)]
    if is_one_batch:
        await write(database.pool, *payloads)
    else:
        for payload in payloads:
            await write(database.pool, payload)
    assert await written(database.pool) == {"main-1": plain(whole)}


async def test_an_old_record_after_a_new_one_changes_nothing(database: Database) -> None:
    ended = replace(full(), has_gap=False)
    await write(database.pool, told(ended, 3))
    await write(database.pool, told(record(), 1))
    await write(database.pool, told(record(answered_at_s=T0), 9))
    assert await written(database.pool) == {"main-1": plain(ended)}
    await write(database.pool, told(ended, 3))
    assert await written(database.pool) == {"main-1": plain(ended)}


async def test_a_row_that_hangs_on_a_call_by_another_hand_stays(database: Database) -> None:
    await write(database.pool, told(record(), 1))
    await database.pool.execute("create table remark (call_id text references call on delete cascade)")
    await database.pool.execute("insert into remark values ('main-1')")
    await write(database.pool, told(full(), 2))
    assert await database.pool.fetchval("select count(*) from remark") == 1


async def test_a_restarted_bridge_erases_nothing_and_moves_no_beginning(database: Database) -> None:
    before = record(
        answered_at_s=T0 + 12,
        queue_waits=(wait(1, 12),),
        stints=(stint("main-1~x", "a1", 5, 12, holds=((20, 30), (45, None))),),
        parks=(park("701", 13, 19),),
    )
    after = record(started_at_s=T0 + 50, stints=(stint("main-1~z", "a3", 60, 61),))
    ended = replace(
        after,
        answered_at_s=T0 + 61,
        ended_at_s=T0 + 99,
        outcome=EndReason.COMPLETED,
        stints=(stint("main-1~z", "a3", 60, 61, ended=99, end=PartReason.COMPLETED),),
    )
    expected = record(
        answered_at_s=T0 + 12,
        ended_at_s=T0 + 99,
        outcome=EndReason.COMPLETED,
        queue_waits=(wait(1, 12),),
        stints=(
            stint("main-1~x", "a1", 5, 12, ended=50, end=PartReason.LOST, holds=((20, 30), (45, 50))),
            ended.stints[0],
        ),
        parks=(park("701", 13, 19),),
        has_gap=True,
    )
    payloads = [told(before, 1), told(after, 1, NEW_RUN), told(ended, 2, NEW_RUN)]
    for payload in payloads:
        await write(database.pool, payload)
    assert await written(database.pool) == {"main-1": plain(expected)}
    await database.pool.execute("truncate call cascade")
    await write(database.pool, *payloads)
    assert await written(database.pool) == {"main-1": plain(expected)}


@pytest.mark.parametrize("is_one_batch", [True, False])
async def test_of_an_absorbed_call_the_stints_move_and_the_rest_goes(
    database: Database, is_one_batch: bool
) -> None:
    asked = stint("main-2~c", "a2", 20, 22, holds=((30, 31),))
    gone = record("main-2", stints=(asked,), queue_waits=(wait(1),), parks=(park("1", 2),))
    keeps = record(stints=(stint("main-1~x", "a1", 5, 12), asked))
    payloads = [told(gone, 1), told(keeps, 2, absorbed="main-2")]
    if is_one_batch:
        await write(database.pool, *payloads)
    else:
        for payload in payloads:
            await write(database.pool, payload)
    assert await written(database.pool) == {"main-1": plain(keeps)}
    assert await counts(database.pool) == {
        "call": 1,
        "call_stint": 2,
        "call_hold": 1,
        "call_queue_wait": 0,
        "call_transfer": 0,
        "call_park": 0,
    }
    await write(database.pool, *payloads)
    assert await written(database.pool) == {"main-1": plain(keeps)}


async def test_a_stint_that_joined_another_call_unseen_moves(database: Database) -> None:
    moved = stint("main-2~c", "a2", 20, 22)
    await write(database.pool, told(record("main-2", stints=(moved,)), 1))
    await write(database.pool, told(record("main-1", stints=(moved,)), 2))
    found = await written(database.pool)
    assert found["main-1"].stints == plain(record(stints=(moved,))).stints
    assert found["main-2"].stints == ()


async def test_calls_that_ended_while_no_bridge_looked_are_closed_as_lost(database: Database) -> None:
    lost = record(
        "main-1",
        stints=(stint("main-1~x", "a1", 5, 12, holds=((20, None),)),),
        queue_waits=(wait(1),),
        parks=(park("701", 2),),
    )
    live, other = record("main-2"), record("other-1", pbx=PbxId("other"))
    ended = replace(full("main-3"), has_gap=False)
    await write(database.pool, *(told(made, 1) for made in (lost, live, other, ended)))
    at_s = T0 + 60
    closing = stored.encode_loss("main", ["main-2"], at_s, NEW_RUN)
    newer = record("main-4", started_at_s=T0 + 61)
    # The entry is met a second time after a crash: calls that began since are not its business.
    await write(database.pool, closing, told(newer, 1, NEW_RUN))
    await write(database.pool, closing)
    expected = record(
        "main-1",
        ended_at_s=at_s,
        outcome=EndReason.LOST,
        has_gap=True,
        stints=(stint("main-1~x", "a1", 5, 12, ended=60, end=PartReason.LOST, holds=((20, 60),)),),
        queue_waits=(QueueWait(wait(1).queue, T0 + 1, at_s, QueueOutcome.LEFT),),
        parks=(Park("701", T0 + 2, at_s, AgentId("a1"), None),),
    )
    assert await written(database.pool) == {
        "main-1": plain(expected),
        "main-2": plain(live),
        "main-3": plain(ended),
        "main-4": plain(newer),
        "other-1": plain(other),
    }
    seen_again = record("main-1", stints=(stint("main-1~x", "a1", 50, 50),))
    await write(database.pool, told(seen_again, 9, NEW_RUN))
    found = (await written(database.pool))["main-1"]
    assert (found.ended_at_s, found.outcome, found.stints[0].ended_at_s) == (None, None, None)
    assert found.stints[0].answered_at_s == T0 + 12


async def test_a_loss_closes_what_stands_before_it_in_the_same_batch(database: Database) -> None:
    await write(
        database.pool,
        told(record("main-1"), 1),
        stored.encode_loss("main", [], T0 + 60, NEW_RUN),
        told(record("main-2"), 1, NEW_RUN),
    )
    found = await written(database.pool)
    assert (found["main-1"].outcome, found["main-2"].outcome) == ("lost", None)


async def test_the_same_thing_twice_in_one_record_is_written_once(database: Database) -> None:
    twice = record(
        stints=(stint("main-1~x", "a1", 5, holds=((20, 30), (20, 31))), stint("main-1~x", "a1", 9)),
        queue_waits=(wait(1, 2), wait(1, 3)),
        parks=(park("1", 1), park("1", 1, 2)),
        transfers=(
            Transfer(TransferKind.BLIND, T0, None, "7"),
            Transfer(TransferKind.ATTENDED, T0, None, "7"),
        ),
    )
    await write(database.pool, told(twice, 1))
    assert set((await counts(database.pool)).values()) == {1}


MIRRORS = [
    (CallRecord, stored.StoredCall),
    (Stint, stored.StoredStint),
    (Hold, stored.StoredHold),
    (QueueWait, stored.StoredWait),
    (Park, stored.StoredPark),
    (Transfer, stored.StoredTransfer),
    (Caller, stored.StoredCaller),
]


@pytest.mark.parametrize(("model", "mirror"), MIRRORS, ids=lambda pair: pair.__name__)
def test_what_is_stored_has_every_field_of_the_call_model(model: type, mirror: type[msgspec.Struct]) -> None:
    assert {field.name for field in dataclasses.fields(model)} == {
        field.encode_name for field in msgspec.structs.fields(mirror)
    }


# What version 1 wrote, which any later version must read: not to be changed.
VERSION_1 = [
    b'{"v":1,"type":"record","run":1,"revision":2,"record":{"call_id":"main-1","pbx":"main","direction":"inbound",'
    b'"caller":{"kind":"number","e164":"+81312345678","display":"03-1234-5678"},"caller_name":"","dialled":"0120",'
    b'"started_at_s":1.0,"answered_at_s":2.0,"ended_at_s":null,"outcome":null,'
    b'"queue_waits":[{"queue":"q","entered_at_s":1.0,"left_at_s":2.0,"outcome":"answered"}],'
    b'"stints":[{"offer_id":"main-1~c","agent_id":"a1","endpoint":"PJSIP/1","rang_at_s":1.5,"answered_at_s":2.0,'
    b'"ended_at_s":null,"end":null,"holds":[{"began_at_s":3.0,"ended_at_s":4.0}],"transferred_by":null}],'
    b'"transfers":[{"kind":"blind","at_s":9.0,"by":null,"to":"7"}],'
    b'"parks":[{"slot":"701","began_at_s":5.0,"ended_at_s":null,"by":null,"how":null}],"has_gap":false},'
    b'"absorbed":null}',
    b'{"v":1,"type":"lost","revision":3,"pbx":"main","live":["main-1"],"at_s":4.0}',
]


@pytest.mark.parametrize("payload", VERSION_1, ids=["record", "lost"])
async def test_what_an_older_version_left_is_read(database: Database, payload: bytes) -> None:
    await write(database.pool, payload)


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"v":1}', b'{"v":99,"type":"record"}', b'{"v":0}'])
def test_what_is_not_ours_is_refused(payload: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        stored.decode(payload)


async def test_what_the_product_asks_of_the_tables_has_an_index(database: Database) -> None:
    asked = {
        "select * from call order by started_at desc, call_id desc limit 50": "call_started_at_call_id_idx",
        "select * from call where caller_e164 = '+8' order by started_at desc": (
            "call_caller_e164_started_at_idx"
        ),
        "select * from call where ended_at < now() - interval '1 year'": "call_ended_at_idx",
        "select * from call_stint where agent_id = 'a' and rang_at >= now() and rang_at < now()": (
            "call_stint_agent_id_rang_at_idx"
        ),
        "select * from call_queue_wait where pbx = 'm' and queue = 'q' and entered_at >= now()": (
            "call_queue_wait_pbx_queue_entered_at_idx"
        ),
        "delete from call_trace where recorded_at < now()": "call_trace_recorded_at_idx",
    }
    async with database.pool.acquire() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off; set local enable_sort = off")
        await connection.execute("set local enable_bitmapscan = off")
        for query, index in asked.items():
            plan = "\n".join(row[0] for row in await connection.fetch(f"explain {query}"))
            assert index in plan, plan
