"""The karte over HTTP (C3 C9): notes and their history, cautions, complaints, counselling answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.asking import Desk

NOTE = {"key": "k1", "text": "猫のミケの話", "kind": "note", "is_pinned": False, "call_id": "c1"}
NOTES = "/api/customers/1/notes"


async def add_note(desk: Desk, agent: str = "a1", **change: Any) -> dict[str, Any]:
    status, note = await desk.ask("POST", NOTES, {**NOTE, **change}, agent=agent)
    assert status == 201, note
    made: dict[str, Any] = note
    return made


async def test_a_note_is_written_once_whatever_is_sent_twice(customer_desk: Desk) -> None:
    first, again = await add_note(customer_desk), await add_note(customer_desk)
    assert first == again
    assert (first["text"], first["author"], first["agent_id"], first["revision"]) == (
        "猫のミケの話",
        "川村 由紀",
        "a1",
        1,
    )
    rows = await customer_desk.pool.fetch("select customer_id, agent_id, text, call_id from karte_note")
    assert [tuple(row) for row in rows] == [(1, "a1", "猫のミケの話", "c1")]
    assert customer_desk.views[0] == ("a1", 1, "change", "c1", "note")
    other = await add_note(customer_desk, agent="a2")
    assert other["note_id"] != first["note_id"], "keys are each agent's own"


async def test_a_changed_note_keeps_what_it_said(customer_desk: Desk) -> None:
    note = await add_note(customer_desk)
    path = f"/api/notes/{note['note_id']}"
    status, changed = await customer_desk.ask("PATCH", path, {"text": "犬だった", "revision": 1})
    assert (status, changed["text"], changed["revision"]) == (200, "犬だった", 2)
    status, now = await customer_desk.ask("PATCH", path, {"text": "鳥だった", "revision": 1})
    assert (status, now["text"], now["revision"]) == (409, "犬だった", 2), (
        "nobody's words are overwritten unseen"
    )
    status, found = await customer_desk.ask("GET", f"{path}/history", agent="a2")
    assert status == 200
    [before] = found["revisions"]
    assert (before["text"], before["revision"], before["replaced_by"]) == ("猫のミケの話", 1, "川村 由紀")
    assert found["note"]["text"] == "犬だった"
    assert customer_desk.views[-1] == ("a2", 1, "history", None, "note")


async def test_a_note_is_its_authors_and_of_those_who_lead(customer_desk: Desk) -> None:
    note = await add_note(customer_desk)
    path, change = f"/api/notes/{note['note_id']}", {"text": "直した"}
    assert (await customer_desk.ask("PATCH", path, change, agent="a2"))[0] == 403
    assert (await customer_desk.ask("PATCH", path, {"is_deleted": True}, agent="a2"))[0] == 403
    assert (await customer_desk.ask("PATCH", path, change, agent="s1", role="supervisor"))[0] == 200
    status, gone = await customer_desk.ask("PATCH", path, {"is_deleted": True})
    assert (status, gone["is_deleted"]) == (200, True)
    assert await customer_desk.pool.fetchval("select deleted_at is not null from karte_note")
    status, back = await customer_desk.ask("PATCH", path, {"is_deleted": False})
    assert (status, back["is_deleted"]) == (200, False)


async def test_a_new_hand_over_unpins_the_one_before(customer_desk: Desk) -> None:
    first = await add_note(customer_desk, kind="handover")
    assert first["is_pinned"]
    second = await add_note(customer_desk, key="k2", kind="handover", text="次の担当へ")
    rows = await customer_desk.pool.fetch("select note_id, is_pinned from karte_note order by note_id")
    assert [tuple(row) for row in rows] == [(first["note_id"], False), (second["note_id"], True)]
    _, found = await customer_desk.ask("GET", f"/api/notes/{first['note_id']}/history")
    assert [one["is_pinned"] for one in found["revisions"]] == [True]


@pytest.mark.parametrize(
    ("change", "status", "named"),
    [
        ({"text": ""}, 400, "text"),
        ({"text": " \n\t"}, 400, "text"),
        ({"text": "あ" * 10_001}, 400, "text"),
        ({"text": 5}, 400, "$.text"),
        ({"kind": "memo"}, 400, "$.kind"),
        ({"key": ""}, 400, "$.key"),
        ({"key": "a\0b"}, 400, "key"),
        ({"call_id": "\0"}, 400, "call_id"),
        ({"colour": "red"}, 400, "colour"),
    ],
)
async def test_a_bad_note_is_refused_and_told_why(
    customer_desk: Desk, change: dict[str, Any], status: int, named: str
) -> None:
    got, problem = await customer_desk.ask("POST", NOTES, {**NOTE, **change})
    assert got == status
    assert named in problem["detail"]
    assert await customer_desk.pool.fetchval("select count(*) from karte_note") == 0


async def test_ten_megabytes_are_refused_and_the_server_goes_on(customer_desk: Desk) -> None:
    status, problem = await customer_desk.ask("POST", NOTES, {**NOTE, "text": "x" * 10_000_000})
    assert (status, problem["code"]) == (413, "bad_request")
    assert "bytes" in problem["detail"]
    await add_note(customer_desk)


async def test_control_characters_are_left_out_and_line_breaks_kept(customer_desk: Desk) -> None:
    note = await add_note(customer_desk, text="一行目\r\n二行目\x07\x00")
    assert note["text"] == "一行目\n二行目"


async def test_notes_of_everybody_are_found_by_those_who_lead(customer_desk: Desk) -> None:
    await add_note(customer_desk, text="ＡＢＣのカタログ")
    await add_note(customer_desk, key="k2", text="別の話")
    find = "/api/notes?q=abc"
    assert (await customer_desk.ask("GET", find))[0] == 403
    customer_desk.views.clear()
    status, found = await customer_desk.ask("GET", find, agent="s1", role="supervisor")
    assert (status, [note["text"] for note in found["notes"]]) == (200, ["ＡＢＣのカタログ"])
    assert customer_desk.views == [("s1", 1, "search", None, "notes")]
    _, found = await customer_desk.ask("GET", "/api/notes?q=a", agent="s1", role="supervisor")
    assert found == {"notes": []}, "one letter would be everything"


async def test_cautions_are_written_and_ended(customer_desk: Desk) -> None:
    body = {"severity": "critical", "text": "そばアレルギー"}
    status, made = await customer_desk.ask("POST", "/api/customers/1/cautions", body)
    assert status == 201
    path = f"/api/cautions/{made['caution_id']}"
    assert await customer_desk.ask("DELETE", path, agent="a2") == (204, None)
    row = await customer_desk.pool.fetchrow(
        "select severity, text, agent_id, ended_by, ended_at from caution"
    )
    assert tuple(row)[:4] == ("critical", "そばアレルギー", "a1", "a2")
    assert row["ended_at"] is not None
    assert (await customer_desk.ask("DELETE", path))[0] == 404, "it has ended"
    assert [view[4] for view in customer_desk.views] == ["caution", "caution ended"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/customers/1/cautions", {"severity": "mild", "text": "x"}, 400),
        ("/api/customers/1/cautions", {"severity": "notice", "text": "x" * 301}, 400),
        ("/api/customers/9/cautions", {"severity": "notice", "text": "x"}, 404),
        ("/api/customers/x/cautions", {"severity": "notice", "text": "x"}, 404),
        ("/api/customers/9/notes", NOTE, 404),
        ("/api/customers/0/notes", NOTE, 404),
    ],
)
async def test_nothing_is_written_of_nobody(customer_desk: Desk, path: str, body: Any, status: int) -> None:
    assert (await customer_desk.ask("POST", path, body))[0] == status
    assert customer_desk.views == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/api/notes/9"),
        ("PATCH", "/api/notes/x"),
        ("GET", "/api/notes/9/history"),
        ("DELETE", "/api/cautions/9"),
        ("POST", "/api/contacts/9/close"),
    ],
)
async def test_what_is_not_there(customer_desk: Desk, method: str, path: str) -> None:
    body = {} if method == "PATCH" else None
    assert (await customer_desk.ask(method, path, body))[0] == 404
    assert (await customer_desk.ask(method, path, body, agent=None))[0] == 401


async def test_a_complaint_is_settled_by_who_took_it_or_who_leads(customer_desk: Desk) -> None:
    await customer_desk.pool.execute(
        "insert into contact (customer_id, channel, direction, occurred_at, kind, is_open, agent_id) values"
        " (1, 'call', 'in', now(), 'complaint', true, 'a1'),"
        " (1, 'letter', 'in', now(), 'complaint', true, null)"
    )
    assert (await customer_desk.ask("POST", "/api/contacts/1/close", agent="a2"))[0] == 404
    assert (await customer_desk.ask("POST", "/api/contacts/1/close"))[0] == 204
    assert (await customer_desk.ask("POST", "/api/contacts/1/close"))[0] == 404, "it is settled"
    assert (await customer_desk.ask("POST", "/api/contacts/2/close"))[0] == 404, "nobody of ours took it"
    assert (await customer_desk.ask("POST", "/api/contacts/2/close", agent="s1", role="supervisor"))[0] == 204
    assert not await customer_desk.pool.fetchval(
        "select bool_or(is_open) or bool_or(closed_at is null) from contact"
    )


async def test_counselling_answers_are_kept_by_their_type(customer_desk: Desk) -> None:
    status, found = await customer_desk.ask("GET", "/api/counselling")
    assert status == 200
    assert {"id", "ja", "en", "type", "options"} == set(found["questions"][0])
    path = "/api/customers/1/counselling"
    good = {"question": "tea_taste", "answer": ["roasted", "green", "green"]}
    assert await customer_desk.ask("PATCH", path, good) == (204, None)
    kept = "select answer::text from counselling_answer where customer_id = 1"
    assert await customer_desk.pool.fetchval(kept) == '["green", "roasted"]'
    for bad, named in (
        ({"question": "tea_taste", "answer": ["milk"]}, "answer"),
        ({"question": "tea_taste", "answer": "green"}, "answer"),
        ({"question": "tea_taste", "answer": True}, "answer"),
        ({"question": "nonesuch", "answer": "x"}, "nonesuch"),
        ({"question": "tea_taste"}, "answer"),
    ):
        status, problem = await customer_desk.ask("PATCH", path, bad)
        assert status == 400
        assert named in problem["detail"]
    assert await customer_desk.pool.fetchval(kept) == '["green", "roasted"]'
    assert (await customer_desk.ask("PATCH", "/api/customers/9/counselling", good))[0] == 404
    assert (await customer_desk.ask("PATCH", path, {"question": "tea_taste", "answer": None}))[0] == 204
    assert await customer_desk.pool.fetchval(kept) is None
    assert (await customer_desk.ask("GET", "/api/counselling", agent=None))[0] == 401
