"""Customers over HTTP (P3 C1 C2): found, made, changed, and their history page by page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.asking import Desk

NEW = {"name": "架空 はじめ", "reading": "カクウ ハジメ", "numbers": ["080-1999-8877"]}


async def test_customers_are_found_and_nothing_of_what_was_typed_is_kept(customer_desk: Desk) -> None:
    status, found = await customer_desk.ask("GET", "/api/customers?q=さとう&limit=5")
    assert status == 200
    [hit] = found["hits"]
    assert (hit["customer_id"], hit["name"], hit["matched"]) == (1, "佐藤 花子", "name")
    assert hit["numbers"] == [{"e164": "+81312345678", "display": "03-1234-5678"}]
    assert (await customer_desk.ask("GET", "/api/customers?q=5678"))[1]["hits"][0]["matched"] == "number"
    assert (await customer_desk.ask("GET", "/api/customers"))[1] == {"hits": []}
    assert customer_desk.searches == [1, 1, 0]
    assert customer_desk.views == [], "a list of names is no card"


@pytest.mark.parametrize("limit", ["0", "51", "-1", "x", "９", "1" * 40])
async def test_a_limit_that_is_none(customer_desk: Desk, limit: str) -> None:
    for path in ("/api/customers?q=x&", "/api/customers/1/orders?"):
        if limit == "51" and "orders" in path:
            continue  # pages may be longer
        status, problem = await customer_desk.ask("GET", f"{path}limit={limit}")
        assert (status, "limit" in problem["detail"]) == (400, True)


async def test_a_customer_is_made_with_a_number_and_a_code(customer_desk: Desk) -> None:
    status, made = await customer_desk.ask("POST", "/api/customers", NEW)
    assert status == 201
    row = await customer_desk.pool.fetchrow(
        "select code, name, reading, rank, e164, display"
        " from customer join customer_number using (customer_id) where customer_id = $1",
        made["customer_id"],
    )
    number = ("+818019998877", "080-1999-8877")
    assert tuple(row) == (made["code"], "架空 はじめ", "カクウ ハジメ", "regular", *number)
    assert customer_desk.views == [("a1", made["customer_id"], "change", None, "made")]


@pytest.mark.parametrize(
    "alike",
    [
        {**NEW, "numbers": ["03-1234-5678"]},
        {"name": "佐藤 花子", "reading": "サトウ ハナコ", "postcode": "1540023"},
    ],
)
async def test_who_may_be_the_same_is_named_first(customer_desk: Desk, alike: dict[str, Any]) -> None:
    status, refused = await customer_desk.ask("POST", "/api/customers", alike)
    assert status == 409
    assert ([hit["customer_id"] for hit in refused["duplicates"]], refused["faults"]) == ([1], [])
    assert await customer_desk.pool.fetchval("select count(*) from customer") == 2
    status, _ = await customer_desk.ask("POST", "/api/customers", {**alike, "confirm": True})
    assert status == 201
    assert await customer_desk.pool.fetchval("select count(*) from customer") == 3


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"name": ""}, "name", "empty"),
        ({"name": "x" * 101}, "name", "too_long"),
        ({"reading": "x\0"}, "reading", "wrong"),
        ({"postcode": "12"}, "postcode", "wrong"),
        ({"email": "nobody"}, "email", "wrong"),
        ({"numbers": ["123"]}, "numbers", "wrong"),
        ({"numbers": ["ほし"]}, "numbers", "wrong"),
    ],
)
async def test_every_field_is_judged_and_named(
    customer_desk: Desk, change: dict[str, Any], field: str, code: str
) -> None:
    status, refused = await customer_desk.ask("POST", "/api/customers", {**NEW, **change})
    assert status == 422, refused
    assert [(fault["field"], fault["code"]) for fault in refused["faults"]] == [(field, code)]
    assert refused["faults"][0]["reason"]
    assert await customer_desk.pool.fetchval("select count(*) from customer") == 2


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", {"name": 5}, {"nom": "x"}, {}])
async def test_a_body_that_is_none(customer_desk: Desk, body: Any) -> None:
    status, problem = await customer_desk.ask("POST", "/api/customers", body)
    assert (status, problem["code"]) == (400, "bad_request")


async def test_what_is_named_is_changed_and_the_rest_stays(customer_desk: Desk) -> None:
    path = "/api/customers/1"
    change = {
        "rank": "gold",
        "birth_date": "1950-02-03",
        "postcode": "",
        "preferred_channel": "letter",
        "add_numbers": ["０９０ー１２３４ー５６７８"],
    }
    assert await customer_desk.ask("PATCH", path, change) == (204, None)
    row = await customer_desk.pool.fetchrow(
        "select name, rank, birth_date::text, postcode, preferred_channel from customer where customer_id = 1"
    )
    assert tuple(row) == ("佐藤 花子", "gold", "1950-02-03", "", "letter")
    numbers = "select array_agg(e164 order by e164) from customer_number where customer_id = 1"
    assert await customer_desk.pool.fetchval(numbers) == ["+81312345678", "+819012345678"]
    assert (await customer_desk.ask("PATCH", path, {"remove_numbers": ["+81312345678"]}))[0] == 204
    assert await customer_desk.pool.fetchval(numbers) == ["+819012345678"]
    assert [view[4] for view in customer_desk.views] == [
        "rank, birth_date, postcode, preferred_channel",
        "numbers",
    ]
    assert (await customer_desk.ask("PATCH", path, {"name": ""}))[0] == 422
    assert (await customer_desk.ask("PATCH", path, {"birth_date": "2999-01-01"}))[0] == 422
    assert (await customer_desk.ask("PATCH", path, {"rank": "iron"}))[0] == 400
    assert (await customer_desk.ask("PATCH", path, {"preferred_channel": "pigeon"}))[0] == 422
    assert (await customer_desk.ask("PATCH", path, {"preferred_channel": ""}))[0] == 204
    for nobody in ("9", "0", "x", "9" * 40):
        assert (await customer_desk.ask("PATCH", f"/api/customers/{nobody}", {"rank": "gold"}))[0] == 404


async def fill_history(desk: Desk) -> None:
    await desk.pool.execute(
        """
        insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)
        select 'N' || n, 1, 'web', 'delivered', timestamptz '2026-04-01' - make_interval(days => n / 3), n
        from generate_series(1, 10) n;
        insert into order_line select order_id, 1, 1, 1, 1080 from "order";
        insert into contact (customer_id, channel, direction, occurred_at, subject, body)
        select 1, 'email', 'in', timestamptz '2026-04-01', 'S' || n, 'B' || n from generate_series(1, 7) n;
        insert into karte_note (customer_id, agent_id, text, deleted_at)
        select 1, 'a1', 'T' || n, case when n = 3 then now() end from generate_series(1, 7) n;
        insert into customer_product values (1, 1, 10, 10, 10800, now(), now());
        """
    )


@pytest.mark.parametrize(
    ("part", "named", "count"),
    [("orders", "number", 10), ("contacts", "subject", 7), ("notes", "text", 6), ("products", "sku", 1)],
)
async def test_pages_of_history_leave_nothing_out_and_show_nothing_twice(
    customer_desk: Desk, part: str, named: str, count: int
) -> None:
    await fill_history(customer_desk)
    seen, path = [], f"/api/customers/1/{part}?limit=3&call_id=c1"
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        before = f"&before={page['next']}" if page["next"] else ""
        status, page = await customer_desk.ask("GET", path + before)
        assert (status, len(page["items"]) <= 3) == (200, True)
        seen += [item[named] for item in page["items"]]
    assert len(seen) == len(set(seen)) == count
    assert set(customer_desk.views) == {("a1", 1, "history", "c1", part)}
    newest = await customer_desk.ask("GET", f"/api/customers/1/{part}")
    assert [item[named] for item in newest[1]["items"]] == seen


async def test_pages_bear_what_the_card_has_no_room_for(customer_desk: Desk) -> None:
    await fill_history(customer_desk)
    _, contacts = await customer_desk.ask("GET", "/api/customers/1/contacts?limit=1")
    assert contacts["items"][0]["body"] == "B7"
    _, orders = await customer_desk.ask("GET", "/api/customers/1/orders?limit=1")
    assert orders["items"][0]["lines"] == [
        {"sku": "S1", "name": "煎茶", "quantity": 1, "unit_price_minor": 1080}
    ]
    assert (await customer_desk.ask("GET", "/api/customers/2/orders"))[1] == {"items": [], "next": None}


@pytest.mark.parametrize("before", ["x", "AAAA", "MjAyNg==", "%00", "é", "b3JkZXJzCjE="])
async def test_a_position_no_page_gave(customer_desk: Desk, before: str) -> None:
    await fill_history(customer_desk)
    status, problem = await customer_desk.ask("GET", f"/api/customers/1/orders?before={before}")
    assert (status, "before" in problem["detail"]) == (400, True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/customers?q=x"),
        ("POST", "/api/customers"),
        ("PATCH", "/api/customers/1"),
        ("GET", "/api/customers/1/orders"),
        ("GET", "/api/customers/1/products"),
    ],
)
async def test_who_is_not_signed_in_and_a_database_that_is_away(
    customer_desk: Desk, method: str, path: str
) -> None:
    body = {"POST": NEW, "PATCH": {"rank": "gold"}}.get(method)
    assert (await customer_desk.ask(method, path, body, agent=None))[0] == 401
    await customer_desk.pool.close()
    status, problem = await customer_desk.ask(method, path, body)
    assert (status, problem["code"]) == (503, "unavailable")
