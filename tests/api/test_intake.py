"""Records from other systems over HTTP (C1 C2 C8): tokens, results one by one, the same thing sent again."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest

from cti_bridge.api import intake
from cti_bridge.api.intake import IntakeApi
from cti_bridge.clock import Clock
from cti_bridge.http import http_server
from cti_bridge.intake.tokens import Tokens
from cti_bridge.settings import HttpSettings, Settings
from cti_bridge.telemetry import Telemetry
from tests.conftest import Database
from tests.loopback import free_port

NOW_S = 1_775_617_200.0  # 2026-04-08 03:00 UTC
ORDER = {
    "number": "N1",
    "customer_code": "C1",
    "channel": "web",
    "status": "open",
    "ordered_at": "2026-04-01T10:00:00+09:00",
    "lines": [{"sku": "S1", "quantity": 2, "unit_price_minor": 500}],
}
CONTACT = {
    "external_id": "K1",
    "customer_external_id": "u-1",
    "channel": "social",
    "occurred_at": "2026-04-01 10:00",
    "subject": "質問",
}


class Sender:
    """Sends records as a source."""

    def __init__(self, origin: str, pool: asyncpg.Pool) -> None:
        self.origin = origin
        self.pool = pool
        self.tokens = Tokens(pool)
        self.token = ""

    async def send(
        self, kind: str, *items: Any, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        sent = {"Authorization": f"Bearer {self.token}"} if headers is None else headers
        data: Any = body if isinstance(body, bytes) else json.dumps(body or {"items": items}).encode()
        data = io.BytesIO(data) if len(data) > 1_000_000 else data
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(30)) as client,
            client.post(
                f"{self.origin}/api/intake/{kind}",
                data=data,
                headers={"Content-Type": "application/json", **sent},
            ) as response,
        ):
            return response.status, json.loads(await response.read())

    async def outcomes(self, kind: str, *items: Any) -> list[str]:
        status, found = await self.send(kind, *items)
        assert status == 200, found
        return [one["outcome"] for one in found["results"]]

    async def faults(self, kind: str, item: Any) -> dict[str, str]:
        status, found = await self.send(kind, item)
        assert status == 200, found
        assert found["results"][0]["outcome"] == "refused"
        return {fault["field"]: fault["reason"] for fault in found["results"][0]["faults"]}


@pytest.fixture
async def shop(database: Database, tmp_path: Path) -> AsyncIterator[Sender]:
    await database.pool.execute("insert into customer (code, name) values ('C1', '佐藤'), ('C2', '鈴木')")
    await database.pool.execute("insert into customer_identifier values ('shop', 'u-1', 1)")
    await database.pool.execute(
        "insert into product (sku, name, category, price_minor) values ('S1', '茶', '茶', 500)"
    )
    settings = Settings(http=HttpSettings(port=free_port()))
    clock = Clock(now_s=lambda: NOW_S)
    api = IntakeApi(Tokens(database.pool), database.pool, "JP", ZoneInfo("Asia/Tokyo"), clock)
    async with http_server(settings, api.endpoints(), Telemetry(), tmp_path):
        sender = Sender(f"http://127.0.0.1:{settings.http.port}", database.pool)
        sender.token = await sender.tokens.create("shop")
        yield sender


async def test_an_order_sent_again_is_the_same_and_changed_is_changed(shop: Sender) -> None:
    assert await shop.outcomes("orders", ORDER) == ["created"]
    assert await shop.outcomes("orders", ORDER, ORDER | {"number": "N2"}) == ["unchanged", "created"]
    assert await shop.outcomes("orders", ORDER | {"status": "shipped"}) == ["updated"]
    rows = await shop.pool.fetch('select number, source, status, total_minor from "order" order by 1')
    assert [tuple(row) for row in rows] == [("N1", "shop", "shipped", 1000), ("N2", "shop", "open", 1000)]


async def test_every_kind_is_taken(shop: Sender) -> None:
    await shop.outcomes("orders", ORDER)
    for kind, item in {
        "products": {"sku": "S2", "name": "菓子", "category": "菓子", "price_minor": 300, "repeats": True},
        "returns": {
            "external_id": "R1",
            "order_number": "N1",
            "returned_at": "2026-04-02",
            "sku": "S1",
            "quantity": 1,
        },
        "payments": {
            "external_id": "P1",
            "order_number": "N1",
            "paid_at": "2026-04-02",
            "amount_minor": 1000,
        },
        "contacts": CONTACT,
        "favourites": {"customer_code": "C1", "sku": "S1"},
        "notes": {"external_id": "M1", "customer_code": "C1", "text": "猫\n二匹", "created_at": "2026-04-02"},
    }.items():
        assert await shop.outcomes(kind, item) == ["created"], kind
        assert await shop.outcomes(kind, item) == ["unchanged"], kind
    assert await shop.pool.fetchval('select status from "order"') == "paid"


async def test_customers_with_numbers_and_the_systems_own_name(shop: Sender) -> None:
    new = {"code": "C9", "name": "新田", "numbers": ["03-1234-5678", "090 1234 5678"], "external_id": "u-9"}
    assert await shop.outcomes("customers", new, {"code": "C1", "name": "佐藤 花子"}) == [
        "created",
        "updated",
    ]
    assert await shop.pool.fetchval("select count(*) from customer_number") == 2
    assert await shop.outcomes("contacts", CONTACT | {"customer_external_id": "u-9"}) == ["created"]
    for item, field in (
        ({"code": "C9"}, "name"),
        ({"code": "C9", "name": 7}, "name"),
        ({"code": "C9", "name": "a\0"}, "name"),
        ({"code": "C9", "name": "x", "numbers": [3]}, "numbers"),
        ({"code": "C9", "name": "x", "numbers": ["12"]}, "numbers"),
        ({"code": "C9", "name": "x", "colour": "red"}, "colour"),
        ({"code": "C9", "name": "x", "birth_date": "2999-01-01"}, "birth_date"),
    ):
        assert field in await shop.faults("customers", item), item


async def test_of_good_and_bad_together_the_good_is_kept(shop: Sender) -> None:
    outcomes = await shop.outcomes(
        "orders", ORDER, {}, ORDER | {"number": "N2", "customer_code": "C9"}, ORDER, ORDER | {"number": "N3"}
    )
    assert outcomes == ["created", "refused", "refused", "refused", "created"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"customer_code": None}, "customer_code"),
        ({"customer_external_id": "u-1"}, "customer_code"),
        ({"customer_code": None, "customer_external_id": "u-9"}, "customer_code"),
        ({"number": "a b"}, "number"),
        ({"number": "x" * 65}, "number"),
        ({"number": "a\0b"}, "number"),
        ({"channel": "pigeon"}, "channel"),
        ({"channel": 3}, "channel"),
        ({"ordered_at": "2027-01-01"}, "ordered_at"),
        ({"ordered_at": "0001-01-01T00:00:00+23:59"}, "ordered_at"),
        ({"ordered_at": 20260401}, "ordered_at"),
        ({"total_minor": -1}, "total_minor"),
        ({"total_minor": 10**30}, "total_minor"),
        ({"total_minor": 1.5}, "total_minor"),
        ({"total_minor": True}, "total_minor"),
        ({"lines": []}, "lines"),
        ({"lines": "S1"}, "lines"),
        ({"lines": [7]}, "lines[1]"),
        ({"lines": [{"sku": "S9", "quantity": 1, "unit_price_minor": 1}]}, "lines[1].sku"),
        ({"lines": [{"sku": "S1", "quantity": 0, "unit_price_minor": 1}]}, "lines[1].quantity"),
        ({"lines": [{"sku": "S1", "quantity": 1}]}, "lines[1].unit_price_minor"),
        ({"lines": [{"sku": "S1", "quantity": 1, "unit_price_minor": 1, "colour": 1}]}, "lines[1].colour"),
        ({"lines": [{"sku": "S1", "quantity": 1, "unit_price_minor": 1}] * 201}, "lines"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_is_wrong_is_named(shop: Sender, change: dict[str, Any], field: str) -> None:
    assert field in await shop.faults("orders", ORDER | change)
    assert await shop.pool.fetchval('select count(*) from "order"') == 0


async def test_a_note_of_ten_megabytes_is_too_much_for_one_request(shop: Sender) -> None:
    status, _ = await shop.send("contacts", CONTACT | {"body": "猫" * 3_500_000})
    assert status == 413
    assert "body" in await shop.faults("contacts", CONTACT | {"body": "x" * 10_001})


async def test_only_a_token_opens(shop: Sender) -> None:
    assert await shop.tokens.disable("shop")
    assert not await shop.tokens.disable("nobody")
    again = await shop.tokens.create("fax")
    for headers in (
        {},
        {"Authorization": f"Bearer {shop.token}"},
        {"Authorization": "Bearer ctb_wrong"},
        {"Authorization": f"Basic {again}"},
        {"Authorization": f"Bearer {again}x"},
        {"Authorization": "Bearer " + "ctb_" + "x" * 5000},
    ):
        status, found = await shop.send("orders", ORDER, headers=headers)
        assert (status, found["code"]) == (401, "not_signed_in")
    assert (await shop.send("orders", ORDER, headers={"Authorization": f"bearer {again}"}))[0] == 200
    states = {one.source: one for one in await shop.tokens.sources()}
    assert states["shop"].disabled_at is not None
    assert states["fax"].last_used_at is not None
    kept = await shop.pool.fetchval("select string_agg(encode(token_hash, 'escape'), '') from api_token")
    assert again not in kept


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"nonsense", 400),
        (b'{"items":{}}', 400),
        (b'{"items":[1]}', 400),
        (b'{"records":[]}', 400),
        (b'{"items":[' + b",".join([b"{}"] * 501) + b"]}", 400),
        (b'{"items":[]}', 200),
        (b'{"items":[{"number":NaN}]}', 400),
        (b"\xff\xfe", 400),
    ],
)
async def test_what_is_no_body_is_refused(shop: Sender, body: bytes, status: int) -> None:
    assert (await shop.send("orders", body=body))[0] == status


async def test_the_same_order_sent_at_once_is_one(shop: Sender) -> None:
    answers = await asyncio.gather(
        *(
            shop.outcomes("orders", ORDER | {"number": f"N{n}"}, ORDER | {"number": f"N{1 - n}"})
            for n in (0, 1, 0, 1)
        )
    )
    flat = sorted(outcome for answer in answers for outcome in answer)
    assert flat == ["created"] * 2 + ["unchanged"] * 6
    assert await shop.pool.fetchval('select count(*) from "order"') == 2
    assert await shop.pool.fetchval("select count(*) from order_line") == 2


async def test_too_many_at_once_are_told_to_come_back(shop: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "WRITES_WAITING", 0)
    monkeypatch.setattr(intake, "WRITES_AT_ONCE", 0)
    status, found = await shop.send("orders", ORDER)
    assert (status, found["code"]) == (503, "unavailable")


async def test_what_the_database_refuses_takes_nobody_along(shop: Sender) -> None:
    await shop.pool.execute("alter table \"order\" add constraint no_n1 check (number <> 'N1')")
    assert await shop.outcomes("orders", ORDER, ORDER | {"number": "N2"}) == ["refused", "created"]
