"""The karte: one note for one key, every wording kept, one hand-over on top, nobody's changed in passing."""

from __future__ import annotations

import asyncio

import pytest

from cti_bridge.customers.karte import Change, Conflict, NotAllowed, Note
from tests.conftest import Database
from tests.customers.desk import ANNA, BERT, KarteDesk


@pytest.fixture
async def desk(database: Database) -> KarteDesk:
    await database.pool.execute(
        """
        insert into agent (agent_id, login, name, role)
            values ('anna', '1', 'アンナ', 'agent'), ('bert', '2', 'ベルト', 'agent');
        insert into customer (code, name) values ('C1', '佐藤'), ('C2', '鈴木');
        """
    )
    return KarteDesk(database.pool)


async def test_a_note_is_kept_with_who_wrote_it_in_which_call(desk: KarteDesk) -> None:
    made = await desk.karte.add(1, ANNA, "k", "猫が好き", "note", is_pinned=True, call_id="main-1.0")
    assert made is not None
    row = await desk.pool.fetchrow("select * from karte_note")
    kept = (row["customer_id"], row["agent_id"], row["text"], row["kind"], row["is_pinned"], row["call_id"])
    assert kept == (1, "anna", "猫が好き", "note", True, "main-1.0")
    assert (made.note_id, made.revision, made.is_deleted, made.updated_at) == (row["note_id"], 1, False, None)


async def test_saved_twice_it_is_one_and_another_agents_key_is_another(desk: KarteDesk) -> None:
    first = await desk.karte.add(1, ANNA, "k", "はじめ", "note", is_pinned=False, call_id=None)
    again = await desk.karte.add(1, ANNA, "k", "もう一度", "handover", is_pinned=True, call_id=None)
    assert again == first
    other = await desk.karte.add(1, BERT, "k", "別の人", "note", is_pinned=False, call_id=None)
    assert first is not None
    assert other is not None
    assert other.note_id != first.note_id
    assert len(await desk.rows()) == 2


async def test_saved_at_once_from_two_sockets_it_is_one(desk: KarteDesk) -> None:
    made = await asyncio.gather(
        *(desk.karte.add(1, ANNA, "k", "一度", "note", is_pinned=False, call_id=None) for _ in range(8))
    )
    assert len(set(made)) == 1
    assert len(await desk.rows()) == 1


async def test_nobody_has_no_karte(desk: KarteDesk) -> None:
    assert await desk.karte.add(9, ANNA, "k", "x", "handover", is_pinned=False, call_id=None) is None
    assert await desk.rows() == []


async def test_each_change_keeps_what_the_note_said(desk: KarteDesk) -> None:
    note = await desk.note("一")
    second = await desk.change(note, text="二")
    assert (second.text, second.revision, second.created_at) == ("二", 2, note.created_at)
    assert second.updated_at is not None
    third = await desk.change(second, is_pinned=True)
    assert (third.text, third.is_pinned, third.revision) == ("二", True, 3)
    assert await desk.wordings(note) == [("一", "note", False, "anna"), ("二", "note", False, "anna")]
    assert await desk.now(note) == third


async def test_a_change_of_nothing_is_no_revision(desk: KarteDesk) -> None:
    note = await desk.note("一")
    for change in ({}, {"text": "一"}, {"is_pinned": False}, {"kind": "note"}):
        assert (await desk.change(note, **change)).revision == 1
    assert await desk.wordings(note) == []


async def test_a_note_deleted_is_kept_found_no_more_and_brought_back(desk: KarteDesk) -> None:
    note = await desk.note("猫が好き")
    gone = await desk.change(note, is_deleted=True)
    assert (gone.is_deleted, gone.text) == (True, "猫が好き")
    at = await desk.pool.fetchval("select deleted_at from karte_note")
    assert await desk.karte.find("猫が") == []
    await desk.change(note, is_deleted=True)
    assert await desk.pool.fetchval("select deleted_at from karte_note") == at, "deleted once"
    await desk.change(note, text="犬が好き")
    assert (await desk.now(note)).is_deleted, "a change of the text brings nothing back"
    back = await desk.change(note, is_deleted=False)
    assert not back.is_deleted
    assert [one.text for one in await desk.karte.find("犬が")] == ["犬が好き"]


async def test_a_foreign_note_is_left_alone_by_who_may_not(desk: KarteDesk) -> None:
    note = await desk.note("アンナの")
    before = await desk.rows()
    for change in (Change(text="x"), Change(is_pinned=True), Change(is_deleted=True), Change()):
        done = await desk.karte.change(note.note_id, BERT, change, revision=None, may_others=False)
        assert done == NotAllowed()
    assert await desk.rows() == before
    done = await desk.karte.change(note.note_id, BERT, Change(text="正した"), revision=1, may_others=True)
    assert isinstance(done, Note)
    assert (done.text, done.agent_id) == ("正した", "anna"), "it stays the author's"
    assert await desk.wordings(note) == [("アンナの", "note", False, "bert")]


async def test_who_read_an_older_wording_is_given_the_one_of_now(desk: KarteDesk) -> None:
    note = await desk.note("一")
    now = await desk.change(note, text="二")
    before = await desk.rows()
    done = await desk.karte.change(note.note_id, ANNA, Change(text="三"), revision=1, may_others=False)
    assert done == Conflict(now)
    assert await desk.rows() == before
    assert isinstance(
        await desk.karte.change(note.note_id, ANNA, Change(text="三"), revision=2, may_others=False), Note
    )


async def test_of_two_who_change_the_same_wording_one_is_told(desk: KarteDesk) -> None:
    note = await desk.note("一")
    done = await asyncio.gather(
        *(
            desk.karte.change(note.note_id, ANNA, Change(text=text), revision=1, may_others=False)
            for text in ("二", "三", "四", "五")
        )
    )
    [won] = [one for one in done if isinstance(one, Note)]
    assert [one.now for one in done if isinstance(one, Conflict)] == [won] * 3
    assert await desk.wordings(note) == [("一", "note", False, "anna")]


async def test_what_is_not_there_has_no_history_and_cannot_be_changed(desk: KarteDesk) -> None:
    assert await desk.karte.history(1) is None
    assert await desk.karte.change(1, ANNA, Change(text="x"), revision=None, may_others=True) is None


async def test_one_hand_over_stands_on_top_the_newest(desk: KarteDesk) -> None:
    first = await desk.note("一", "handover")
    assert first.is_pinned
    note, theirs = await desk.note("覚え", is_pinned=True), await desk.note("隣の", "handover", customer_id=2)
    second = await desk.note("二", "handover", BERT)
    assert await desk.on_top() == ["二"]
    assert await desk.wordings(first) == [("一", "handover", True, "bert")]
    assert (await desk.now(note)).is_pinned, "a note that is pinned stays so"
    assert (await desk.now(theirs)).is_pinned, "another customer's stays so"
    await desk.change(first, is_pinned=True)
    assert await desk.on_top() == ["一"]
    assert not (await desk.now(second)).is_pinned


async def test_a_note_made_a_hand_over_goes_on_top_unless_told_otherwise(desk: KarteDesk) -> None:
    await desk.note("前の", "handover")
    note = await desk.note("伝える")
    assert (await desk.change(note, kind="handover")).is_pinned
    assert await desk.on_top() == ["伝える"]
    await desk.change(note, is_pinned=False)
    assert await desk.on_top() == []


async def test_saved_again_an_older_hand_over_does_not_come_back_on_top(desk: KarteDesk) -> None:
    async def add(key: str, text: str) -> None:
        await desk.karte.add(1, ANNA, key, text, "handover", is_pinned=True, call_id=None)

    await add("old", "一")
    await add("new", "二")
    await add("old", "一")
    assert await desk.on_top() == ["二"]


async def test_handed_over_by_many_at_once_one_stands_on_top(desk: KarteDesk) -> None:
    notes = await asyncio.gather(*(desk.note(f"{n} 番", "handover") for n in range(6)))
    assert len(await desk.on_top()) == 1
    await asyncio.gather(*(desk.change(note, is_pinned=True) for note in notes))
    assert len(await desk.on_top()) == 1
