"""What agents said of their calls (A1): once each, changes kept, and what it makes of the call's contact."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.calls.views import Direction
from cti_bridge.customers.call_dispositions import CallDispositions, Saved, Word
from cti_bridge.customers.cautions import Cautions
from cti_bridge.customers.forget import forget
from cti_bridge.records.retention import delete_old
from tests.conftest import Database
from tests.records.samples import T0
from tests.records.test_call_contacts import SHARED, House, house, over

__all__ = ["house"]

ANNA, BERT, LEAD = AgentId("anna"), AgentId("bert"), AgentId("lead")
CALL = CallId("main-1")
ORDER = Word("order", "taken", "order", False, "ご注文を承った", 5400, None, 1)
COMPLAINT = Word("complaint", "open", "complaint", True, "確認のうえご連絡", None, date(2026, 4, 8), 1)
PRAISE = Word("praise", "praise", "praise", False, "お褒めのお言葉", None, None, 1)


class Desk:
    def __init__(self, house: House) -> None:
        self.house, self.pool = house, house.pool
        self.words = CallDispositions(house.pool)

    async def say(self, word: Word, agent_id: AgentId = ANNA, call_id: str = CALL) -> Saved:
        return await self.words.put(CallId(call_id), agent_id, word)

    async def contacts(self) -> list[tuple[Any, ...]]:
        rows = await self.pool.fetch(
            "select call_id, customer_id, kind, is_open, subject, agent_id from contact order by 1"
        )
        return [tuple(row) for row in rows]

    async def earlier(self) -> list[tuple[Any, ...]]:
        rows = await self.pool.fetch(
            "select agent_id, revision, disposition, amount_minor, follow_up_on"
            " from call_disposition_revision order by 1, 2"
        )
        return [tuple(row) for row in rows]


@pytest.fixture
async def desk(house: House) -> Desk:
    return Desk(house)


async def test_it_is_the_contacts_kind_said_before_the_record_or_after(desk: Desk) -> None:
    for call_id, order in (("main-1", "said first"), ("main-2", "written first")):
        if order == "said first":
            await desk.say(COMPLAINT, call_id=call_id)
        await desk.house.write(over(call_id))
        if order == "written first":
            assert (await desk.contacts())[-1][2:5] == ("other", False, "")
            await desk.say(COMPLAINT, call_id=call_id)
    wanted = (1, "complaint", True, "確認のうえご連絡", "bert")
    assert await desk.contacts() == [("main-1", *wanted), ("main-2", *wanted)]


async def test_the_same_said_again_changes_nothing_and_what_was_said_before_is_kept(desk: Desk) -> None:
    await desk.house.write(over())
    assert await desk.say(ORDER) == "saved"
    assert await desk.say(ORDER) == "unchanged"
    assert (await desk.words.of_call(CALL))[0].revision == 1
    assert await desk.say(COMPLAINT) == "saved"
    assert await desk.say(PRAISE) == "saved"
    [said] = await desk.words.of_call(CALL)
    assert (said.agent_id, said.disposition, said.revision) == (ANNA, "praise", 3)
    assert said.changed_at is not None and said.changed_at >= said.at
    assert await desk.earlier() == [
        ("anna", 1, "taken", 5400, None),
        ("anna", 2, "open", None, date(2026, 4, 8)),
    ]
    assert await desk.contacts() == [("main-1", 1, "praise", False, "お褒めのお言葉", "bert")]


async def test_of_a_transferred_call_the_last_to_speak_counts_and_who_leads_before_all(desk: Desk) -> None:
    await desk.house.write(over())
    await desk.say(PRAISE, BERT)
    await desk.say(ORDER, ANNA)
    assert {one.agent_id for one in await desk.words.of_call(CALL)} == {ANNA, BERT}
    assert (await desk.contacts())[0][2] == "praise", "Bert spoke last, though Anna said it last"
    await desk.say(COMPLAINT, LEAD)
    assert (await desk.contacts())[0][2] == "complaint"
    assert await desk.words.spoke(CALL) == {ANNA, BERT, AgentId("gone")}
    assert await desk.words.spoke(CallId("main-9")) is None


async def test_a_card_tells_whose_a_call_from_a_shared_number_was(desk: Desk) -> None:
    word = Word("order", "taken", "order", False, "ご注文", 100, None, 3)
    await desk.house.write(over(caller=SHARED), over("main-2", caller=SHARED))
    assert await desk.contacts() == []
    await desk.say(word)
    assert [row[:3] for row in await desk.contacts()] == [("main-1", 3, "order")]
    await desk.say(word, call_id="main-2")
    await desk.house.households.choose(CallId("main-2"), SHARED.e164, 2, ANNA)
    assert [row[:2] for row in await desk.contacts()] == [("main-1", 3), ("main-2", 2)]
    await desk.house.households.choose(CallId("main-2"), SHARED.e164, None, ANNA)
    assert [row[:2] for row in await desk.contacts()] == [("main-1", 3)]


async def test_what_was_settled_stays_settled(desk: Desk) -> None:
    await desk.house.write(over())
    await desk.say(COMPLAINT)
    contact_id = await desk.pool.fetchval("select contact_id from contact")
    assert await Cautions(desk.pool).close_contact(contact_id, BERT, may_others=False) == 1
    await desk.house.write(over())
    await desk.say(Word("complaint", "open", "complaint", True, "別の言葉", None, None, 1))
    assert (await desk.contacts())[0][2:5] == ("complaint", False, "別の言葉")


async def test_it_goes_where_the_call_went(desk: Desk) -> None:
    await desk.house.write(over("main-2", ended_at_s=None, outcome=None))
    await desk.say(ORDER, ANNA, "main-2")
    await desk.say(COMPLAINT, BERT, "main-2")
    await desk.say(PRAISE, BERT)
    await desk.house.write(over(), absorbed="main-2")
    said = {one.agent_id: one.disposition for one in await desk.words.of_call(CALL)}
    assert said == {ANNA: "taken", BERT: "praise"}
    assert [row[:3] for row in await desk.contacts()] == [("main-1", 1, "praise")]


async def test_internal_calls_and_unknown_callers_make_no_contact(desk: Desk) -> None:
    nobody = Word("none", "sales", "other", False, "営業電話", None, None, None)
    await desk.say(nobody)
    await desk.house.write(over(direction=Direction.INTERNAL))
    await desk.say(nobody, call_id="main-2")
    await desk.house.write(over("main-2", caller=SHARED))
    assert await desk.contacts() == []
    assert len(await desk.words.of_call(CallId("main-2"))) == 1


async def test_an_unknown_customer_is_no_fault_and_nothing_is_written(desk: Desk) -> None:
    assert await desk.say(Word("order", "taken", "order", False, "x", 1, None, 99)) == "no_such_customer"
    assert await desk.words.of_call(CALL) == []


async def test_who_says_it_and_who_writes_the_call_at_once_see_each_other(desk: Desk) -> None:
    for turn in range(12):
        call_id = f"main-{turn + 1}"
        await asyncio.gather(desk.house.write(over(call_id)), desk.say(COMPLAINT, call_id=call_id))
    assert [row[2] for row in await desk.contacts()] == ["complaint"] * 12


async def test_two_changes_at_once_are_two(desk: Desk) -> None:
    await asyncio.gather(*(desk.say(word) for word in (ORDER, COMPLAINT, PRAISE, ORDER)))
    [said] = await desk.words.of_call(CALL)
    assert [row[1] for row in await desk.earlier()] == list(range(1, said.revision))


async def test_a_note_of_this_call_and_this_customer_counts(desk: Desk) -> None:
    await desk.pool.execute(
        "insert into karte_note (customer_id, text, call_id, deleted_at)"
        " values (1, 'a', 'main-1', null), (1, 'b', 'main-2', now()), (2, 'c', 'main-3', null)"
    )
    has = desk.words.has_note
    assert [await has(CallId(f"main-{n}"), 1) for n in (1, 2, 3)] == [True, False, False]


async def test_forgetting_leaves_what_kind_of_call_it_was_and_nobody_in_it(desk: Desk) -> None:
    await desk.house.write(over())
    await desk.say(COMPLAINT)
    await desk.say(Word("order", "taken", "order", False, "ご注文", 1, date(2026, 4, 9), 1))
    done = await forget(desk.pool, "C1")
    assert done is not None
    assert (done.rows["dispositions"], done.rows["earlier dispositions"]) == (1, 1)
    [said] = await desk.words.of_call(CALL)
    assert (said.disposition, said.customer_id, said.follow_up_on) == ("taken", None, None)
    assert [row[4] for row in await desk.earlier()] == [None]
    of_her = "select count(*) from call_disposition_revision where customer_id = 1"
    assert await desk.pool.fetchval(of_her) == 0
    await desk.house.write(over(caller=SHARED))
    assert await desk.contacts() == []


async def test_it_goes_with_the_calls_when_their_time_is_over(desk: Desk, database: Database) -> None:
    await desk.say(ORDER)
    await desk.say(PRAISE)
    await desk.say(ORDER, call_id="main-2")
    await desk.pool.execute("update call_disposition set at = to_timestamp($1) where call_id = 'main-1'", T0)
    assert await delete_old(desk.pool, "dispositions", timedelta(days=1), T0 + 2 * 86400) == 1
    assert await desk.words.of_call(CALL) == []
    assert len(await desk.words.of_call(CallId("main-2"))) == 1
    assert await desk.earlier() == []


async def test_a_database_that_is_away_is_a_fault(database: Database) -> None:
    await database.pool.close()
    with pytest.raises(asyncpg.InterfaceError):
        await CallDispositions(database.pool).of_call(CALL)
