"""Customers made and changed at the telephone (P3): judged field by field, doubles shown, nothing lost."""

from __future__ import annotations

import pytest

from cti_bridge.customers.profile import Created, Duplicates, Faulty
from tests.conftest import Database
from tests.customers.desk import ProfileDesk

WHOLE = {
    "name": "架空　花子",
    "reading": "かくう ﾊﾅｺ",
    "rank": "GOLD",
    "birth_date": "1948/3/12",
    "postcode": "１５４００２３",
    "address": "東京都世田谷区\n若林 1-2-3",
    "email": "hanako@example.jp",
    "preferred_channel": "call",
}


@pytest.fixture
async def desk(database: Database) -> ProfileDesk:
    return ProfileDesk(database.pool)


async def test_a_new_customer_is_kept_as_a_file_would_have_it(desk: ProfileDesk) -> None:
    made = await desk.profiles.create(WHOLE, ["090 1234 5678", "０３－１２３４－５６７８"])
    assert isinstance(made, Created)
    row = await desk.row(made.customer_id)
    assert made.code == row["code"] == f"T{made.customer_id:07}"
    assert {name: str(row[name]) for name in WHOLE} == {
        "name": "架空 花子",
        "reading": "カクウ ハナコ",
        "rank": "gold",
        "birth_date": "1948-03-12",
        "postcode": "154-0023",
        "address": "東京都世田谷区 若林 1-2-3",
        "email": "hanako@example.jp",
        "preferred_channel": "call",
    }
    assert await desk.numbers(made.customer_id) == [
        ("+81312345678", "other", "03-1234-5678"),
        ("+819012345678", "mobile", "090-1234-5678"),
    ]


async def test_a_name_alone_is_enough(desk: ProfileDesk) -> None:
    made = await desk.profiles.create({"name": "山田"}, [])
    assert isinstance(made, Created)
    row = await desk.row(made.customer_id)
    assert (row["name"], row["rank"], row["address"], row["preferred_channel"]) == (
        "山田",
        "regular",
        "",
        None,
    )
    assert await desk.numbers(made.customer_id) == []


async def test_empty_fields_are_as_if_not_given(desk: ProfileDesk) -> None:
    made = await desk.made(**dict.fromkeys(("rank", "birth_date", "preferred_channel", "email"), ""))
    row = await desk.row(made)
    assert (row["rank"], row["birth_date"], row["preferred_channel"], row["email"]) == (
        "regular",
        None,
        None,
        "",
    )


@pytest.mark.parametrize(
    ("fields", "numbers", "column", "reason"),
    [
        ({}, [], "name", "is empty"),
        ({"name": " 　\n"}, [], "name", "is empty"),
        ({"name": "x" * 101}, [], "name", "longer than 100"),
        ({"rank": "emperor"}, [], "rank", "none of regular, silver, gold, platinum"),
        ({"birth_date": "1948-02-30"}, [], "birth_date", "no day"),
        ({"birth_date": "3000-01-01"}, [], "birth_date", "in the future"),
        ({"birth_date": "yesterday"}, [], "birth_date", "not a date"),
        ({"postcode": "12345"}, [], "postcode", "seven digits"),
        ({"email": "at home"}, [], "email", "not an e-mail address"),
        ({"address": "x" * 10_000_000}, [], "address", "longer than 300"),
        ({"preferred_channel": "pigeon"}, [], "preferred_channel", "none of call"),
        ({"code": "T0000001"}, [], "code", "not a known field"),
        ({"customer_id": "1"}, [], "customer_id", "not a known field"),
        ({"name) values (1); --": "x"}, [], "name) values (1); --", "not a known field"),
        ({"address": "a\0b"}, [], "address", "cannot be kept"),
        ({"reading": "\ud800"}, [], "reading", "cannot be kept"),
        ({}, ["12"], "numbers", "no telephone number: '12'"),
        ({}, ["090-1234-5678", "非通知"], "numbers", "'非通知'"),
        ({}, ["0\0"], "numbers", "cannot be kept"),
        ({}, [f"090-1234-{n:04}" for n in range(21)], "numbers", "more than 20"),
    ],
)
async def test_what_is_wrong_names_its_field_and_nothing_is_kept(
    desk: ProfileDesk, fields: dict[str, str], numbers: list[str], column: str, reason: str
) -> None:
    given_name = {} if column == "name" else {"name": "架空 花子"}
    wrong = await desk.profiles.create({**given_name, **fields}, numbers)
    assert isinstance(wrong, Faulty)
    [fault] = wrong.faults
    assert fault.column == column
    assert reason in fault.reason
    assert await desk.everything() == []
    if column != "name" or fields:
        known = await desk.made()
        before = await desk.everything()
        assert await desk.profiles.change(known, fields, numbers, []) == wrong
        assert await desk.everything() == before


async def test_every_fault_is_told_at_once(desk: ProfileDesk) -> None:
    wrong = await desk.profiles.create({"name": "", "email": "x", "postcode": "1"}, ["abc"])
    assert isinstance(wrong, Faulty)
    assert [fault.column for fault in wrong.faults] == ["name", "email", "postcode", "numbers"]


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        ({"name": "別人"}, ["03-1234-5678"]),
        ({"name": "別人"}, ["090-0000-0000", "+81 3 1234 5678"]),
        ({"name": "架空花子", "postcode": "154-0023"}, []),
        ({"name": "架空 花子", "postcode": "〒154-0023"}, ["090-0000-0000"]),
    ],
)
async def test_somebody_alike_is_shown_first_and_made_when_confirmed(
    desk: ProfileDesk, fields: dict[str, str], numbers: list[str]
) -> None:
    known = await desk.made("03-1234-5678", postcode="154-0023")
    before = await desk.everything()
    found = await desk.profiles.create(fields, numbers)
    assert isinstance(found, Duplicates)
    assert [hit.customer_id for hit in found.hits] == [known]
    assert await desk.everything() == before
    confirmed = await desk.profiles.create(fields, numbers, is_confirmed=True)
    assert isinstance(confirmed, Created)
    assert confirmed.customer_id != known
    assert (await desk.row(confirmed.customer_id))["name"] == fields["name"]
    assert len(await desk.everything()) == len(before) + 1 + len(numbers)


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        # The end of a number is no number; a name elsewhere is another person.
        ({"name": "別人"}, ["06-1234-5678"]),
        ({"name": "架空 花子", "postcode": "530-0001"}, []),
        ({"name": "架空 花子"}, []),
        ({"name": "鈴木 一郎", "postcode": "154-0023"}, []),
    ],
)
async def test_who_is_only_a_little_alike_is_no_double(
    desk: ProfileDesk, fields: dict[str, str], numbers: list[str]
) -> None:
    await desk.made("03-1234-5678", postcode="154-0023")
    assert isinstance(await desk.profiles.create(fields, numbers), Created)


async def test_of_many_doubles_five_are_shown(desk: ProfileDesk) -> None:
    for _ in range(7):
        await desk.made("03-1234-5678")
    found = await desk.profiles.create({"name": "別人"}, ["03-1234-5678"])
    assert isinstance(found, Duplicates)
    assert len(found.hits) == 5
