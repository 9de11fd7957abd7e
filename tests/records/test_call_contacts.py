"""A call with a customer that is over is a contact (C1 C4): whose, when, by whom, and never twice."""

from __future__ import annotations

from typing import Any

import asyncpg
import msgspec
import pytest

from cti_bridge.calls.effects import RecordCall
from cti_bridge.calls.ids import AgentId, CallId, PbxId
from cti_bridge.calls.numbers import Caller, CallerKind
from cti_bridge.calls.outcomes import EndReason
from cti_bridge.calls.record import CallRecord
from cti_bridge.calls.views import Direction
from cti_bridge.customers.forget import forget
from cti_bridge.customers.households import Households
from cti_bridge.lookup.card import Card
from cti_bridge.lookup.query import PostgresCards
from cti_bridge.records import stored
from cti_bridge.records.call_log import write_calls
from tests.conftest import Database
from tests.records.samples import NUMBER, T0, record, stint

HOME = "+81661234567"
SHARED = Caller(CallerKind.NUMBER, HOME, "06-6123-4567")
RUN = int(T0 * 1e6)
ANNA = AgentId("anna")


def over(call_id: str = "main-1", **more: Any) -> CallRecord:
    stints = (
        stint(f"{call_id}~a", "anna", 1, 3, ended=60, end=EndReason.COMPLETED),
        stint(f"{call_id}~b", "bert", 60, 65, ended=90, end=EndReason.COMPLETED),
        stint(f"{call_id}~c", "gone", 90, 95, ended=99, end=EndReason.COMPLETED),
    )
    return record(
        call_id, **{"ended_at_s": T0 + 99, "outcome": EndReason.COMPLETED, "stints": stints, **more}
    )


class House:
    """One customer with a number of her own (1), two who share another (2, 3)."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.households = Households(pool)
        self._revision = 0

    async def write(self, *made: CallRecord, absorbed: str | None = None) -> None:
        payloads = []
        for each in made:
            self._revision += 1
            told = RecordCall(each, CallId(absorbed) if absorbed else None)
            payloads.append(stored.encode_record(told, RUN, RUN + self._revision))
        async with self.pool.acquire() as connection, connection.transaction():
            await write_calls(connection, payloads)

    async def contacts(self) -> list[tuple[object, ...]]:
        rows = await self.pool.fetch(
            "select call_id, customer_id, channel, direction, extract(epoch from occurred_at)::float8,"
            " agent_id from contact order by 1"
        )
        return [tuple(row) for row in rows]


@pytest.fixture
async def house(database: Database) -> House:
    pool = database.pool
    await pool.execute("insert into customer (code, name) values ('C1', 'a'), ('C2', 'b'), ('C3', 'c')")
    await pool.executemany(
        "insert into customer_number (customer_id, e164) values ($1, $2)",
        [(1, NUMBER.e164), (2, HOME), (3, HOME)],
    )
    await pool.execute(
        "insert into agent (agent_id, login, name, role)"
        " values ('anna', 'anna', 'Anna', 'agent'), ('bert', 'bert', 'Bert', 'agent')"
    )
    return House(pool)


async def test_who_has_the_number_alone_has_the_call(house: House) -> None:
    await house.write(over(), over("main-2", direction=Direction.OUTBOUND, started_at_s=T0 + 5))
    assert await house.contacts() == [
        ("main-1", 1, "call", "in", T0, "bert"),  # the last who answered and is known
        ("main-2", 1, "call", "out", T0 + 5, "bert"),
    ]


async def test_a_call_that_nobody_answered_is_one_too(house: House) -> None:
    await house.write(over(stints=(), outcome=EndReason.ABANDONED))
    assert await house.contacts() == [("main-1", 1, "call", "in", T0, None)]


async def test_the_next_card_tells_of_it(house: House) -> None:
    await house.write(over())
    await house.pool.execute("update contact set occurred_at = now() - interval '1 hour'")
    raw = await PostgresCards(house.pool).read(str(NUMBER.e164))
    assert raw is not None
    card = msgspec.json.decode(raw, type=Card)
    assert (card.cues.calls_7d, [contact.handled_by for contact in card.contacts]) == (1, ["Bert"])


@pytest.mark.parametrize(
    "made",
    [
        over(ended_at_s=None, outcome=None),
        over(direction=Direction.INTERNAL),
        over(outcome=EndReason.MERGED),
        over(caller=Caller(CallerKind.PRIVATE, None, "")),
        over(caller=Caller(CallerKind.NUMBER, "+81399999999", "")),
        over(caller=SHARED),
    ],
    ids=["open", "internal", "merged", "private", "stranger", "of a household, and nobody said whose"],
)
async def test_no_contact_of(house: House, made: CallRecord) -> None:
    await house.write(made)
    assert await house.contacts() == []


async def test_what_an_agent_said_counts_whenever_it_was_said(house: House) -> None:
    choose = house.households.choose
    await choose(CallId("main-1"), HOME, 3, ANNA)
    await house.write(over(caller=SHARED), over("main-2", caller=SHARED), over("main-3"))
    assert [row[:2] for row in await house.contacts()] == [("main-1", 3), ("main-3", 1)]
    await choose(CallId("main-1"), HOME, 2, ANNA)
    await choose(CallId("main-2"), HOME, 2, ANNA)
    await choose(CallId("main-3"), str(NUMBER.e164), None, ANNA)
    assert [row[:2] for row in await house.contacts()] == [("main-1", 2), ("main-2", 2)]
    await house.households.take_back(CallId("main-1"))
    await house.households.take_back(CallId("main-3"))
    assert [row[:2] for row in await house.contacts()] == [("main-2", 2), ("main-3", 1)]


async def test_a_record_that_comes_again_or_later_makes_no_second(house: House) -> None:
    await house.write(over())
    await house.pool.execute("update contact set kind = 'praise'")
    await house.write(over(), over(started_at_s=T0 - 5))
    assert [row[:2] for row in await house.contacts()] == [("main-1", 1)]
    assert await house.pool.fetchval("select kind from contact") == "praise"


async def test_a_call_that_became_part_of_another_is_one_contact(house: House) -> None:
    await house.write(over("main-2"))
    await house.write(over("main-1"), absorbed="main-2")
    assert [row[:2] for row in await house.contacts()] == [("main-1", 1)]


async def test_a_call_lost_sight_of_did_come(house: House) -> None:
    await house.write(record(stints=(stint("main-1~a", "anna", 1, 3),)))
    async with house.pool.acquire() as connection, connection.transaction():
        await write_calls(connection, [stored.encode_loss(PbxId("main"), [], T0 + 500, RUN + 900)])
    assert await house.contacts() == [("main-1", 1, "call", "in", T0, "anna")]


async def test_the_calls_of_who_is_forgotten_become_nobody_elses(house: House) -> None:
    await house.households.choose(CallId("main-1"), HOME, 2, ANNA)
    await house.write(over(caller=SHARED))
    await forget(house.pool, "C2")
    assert await house.contacts() == []
