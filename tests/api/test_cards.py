"""Cards over HTTP: of who was looked for, and of whom a call is said to be from (P3)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from cti_bridge.agents.sessions import Sessions
from cti_bridge.api.cards import CardsApi, LiveCall
from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.customers.households import Households
from cti_bridge.http import http_server
from cti_bridge.lookup.outcome import Found, Resolution, Unknown, Unreachable
from cti_bridge.lookup.query import PostgresCards
from cti_bridge.settings import HttpSettings, Settings
from cti_bridge.telemetry import Telemetry
from tests.api.asking import Ask
from tests.conftest import Database
from tests.loopback import free_port

HOME = "+81312345678"


@dataclass
class Desk:
    """One live call at agent a1, two customers, and what the API told of them."""

    pool: asyncpg.Pool
    live: dict[str, LiveCall] = field(default_factory=dict)
    identified: list[tuple[str, int | None]] = field(default_factory=list)
    unidentified: list[str] = field(default_factory=list)
    views: list[tuple[str, int, str, str | None]] = field(default_factory=list)
    is_away: bool = False

    async def card_of(self, customer_id: int, e164: str | None) -> Resolution:
        if self.is_away:
            return Unreachable("")
        card = await PostgresCards(self.pool).read(e164, customer_id)
        return Unknown("") if card is None else Found("", card)

    def live_call(self, call_id: CallId) -> LiveCall | None:
        return self.live.get(call_id)

    def identify(self, call_id: CallId, customer_id: int | None) -> None:
        self.identified.append((call_id, customer_id))

    def unidentify(self, call_id: CallId) -> None:
        self.unidentified.append(call_id)

    def viewed(
        self, agent_id: AgentId, customer_id: int, reason: str, *, call_id: str | None, detail: str = ""
    ) -> None:
        self.views.append((agent_id, customer_id, reason, call_id))

    async def chosen(self) -> list[tuple[Any, ...]]:
        rows = await self.pool.fetch("select call_id, e164, customer_id, chosen_by from call_customer")
        return [tuple(row) for row in rows]


@pytest.fixture
async def desk(database: Database) -> Desk:
    await database.pool.execute("insert into customer (code, name) values ('A', '佐藤'), ('B', '鈴木')")
    return Desk(database.pool, {"c1": LiveCall(HOME, frozenset({AgentId("a1")}))})


@pytest.fixture
async def ask(desk: Desk, sessions: Sessions, tmp_path: Path) -> AsyncIterator[Ask]:
    settings = Settings(http=HttpSettings(port=free_port()))
    api = CardsApi(sessions, desk, Households(desk.pool), desk, desk.viewed)
    async with http_server(settings, api.endpoints(), Telemetry(), tmp_path):
        yield Ask(f"http://127.0.0.1:{settings.http.port}", sessions)


async def test_a_card_is_shown_and_the_view_written_down(desk: Desk, ask: Ask) -> None:
    status, card = await ask("GET", "/api/customers/2/card?call_id=c1")
    assert (status, card["profile"]["name"]) == (200, "鈴木")
    assert desk.views == [("a1", 2, "search", "c1")]


@pytest.mark.parametrize("customer", ["3", "0", "-1", "x", "1" * 30, "%00"])
async def test_no_such_customer(desk: Desk, ask: Ask, customer: str) -> None:
    status, problem = await ask("GET", f"/api/customers/{customer}/card")
    assert (status, problem["code"]) == (404, "not_found")
    assert desk.views == []


async def test_a_database_that_is_away(desk: Desk, ask: Ask) -> None:
    desk.is_away = True
    assert (await ask("GET", "/api/customers/2/card"))[0] == 503


async def test_choosing_and_taking_back(desk: Desk, ask: Ask) -> None:
    assert await ask("POST", "/api/calls/c1/customer", {"customer_id": 2}) == (204, None)
    assert await desk.chosen() == [("c1", HOME, 2, "a1")]
    assert await ask("POST", "/api/calls/c1/customer", {"customer_id": None}) == (204, None)
    assert await desk.chosen() == [("c1", HOME, None, "a1")]
    assert desk.identified == [("c1", 2), ("c1", None)]
    assert await ask("DELETE", "/api/calls/c1/customer") == (204, None)
    assert await desk.chosen() == []
    assert desk.unidentified == ["c1"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"customer_id": 99}, 404),
        ({"customer_id": 0}, 404),
        ({"customer_id": 2**70}, 404),
        ({"customer_id": "2"}, 400),
        ({}, 400),
        ({"customer_id": 1, "more": 1}, 400),
    ],
)
async def test_what_cannot_be_chosen(desk: Desk, ask: Ask, body: Any, status: int) -> None:
    assert (await ask("POST", "/api/calls/c1/customer", body))[0] == status
    assert (await desk.chosen(), desk.identified) == ([], [])


async def test_only_who_is_on_the_call_or_leads_may_say(desk: Desk, ask: Ask) -> None:
    path, body = "/api/calls/c1/customer", {"customer_id": 2}
    for method in ("POST", "DELETE"):
        assert (await ask(method, path, body, agent=None))[0] == 401
        assert (await ask(method, path, body, agent="a2"))[0] == 403
    assert desk.identified == []
    assert (await ask("POST", path, body, agent="s1", role="supervisor"))[0] == 204


async def test_after_the_call_who_was_on_it_may_still_say(desk: Desk, ask: Ask) -> None:
    await desk.pool.execute(
        "insert into call (call_id, pbx, direction, caller_kind, caller_e164, started_at, ended_at, outcome,"
        " run, revision) values ('c9', 'main', 'inbound', 'number', $1, now(), now(), 'completed', 1, 1)",
        HOME,
    )
    await desk.pool.execute(
        "insert into call_stint (offer_id, call_id, agent_id, endpoint, rang_at)"
        " values ('c9~1', 'c9', 'a1', 'PJSIP/1', now())"
    )
    for call, agent, status in (("c9", "a2", 404), ("c8", "a1", 404), ("c%00", "a1", 404), ("c9", "a1", 204)):
        answer = await ask("POST", f"/api/calls/{call}/customer", {"customer_id": 1}, agent=agent)
        assert answer[0] == status, (call, agent)
    assert await desk.chosen() == [("c9", HOME, 1, "a1")]


async def test_nobody_unsigned_sees_a_card(desk: Desk, ask: Ask) -> None:
    assert (await ask("GET", "/api/customers/2/card", agent=None))[0] == 401
    assert desk.views == []
