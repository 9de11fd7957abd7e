"""After-call work over HTTP (A1): who says what, what is missing, done, more time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from cti_bridge.agents.sessions import Sessions
from cti_bridge.api.wrap_up import WrapUpApi
from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.customers.call_dispositions import CallDispositions
from cti_bridge.customers.dispositions import load_dispositions
from cti_bridge.http import http_server
from cti_bridge.settings import HttpSettings, Settings
from cti_bridge.telemetry import Telemetry
from tests.api.asking import NAMES, Ask
from tests.conftest import Database
from tests.loopback import free_port

PATH = "/api/calls/c1/disposition"
ORDER = {"category": "order", "disposition": "taken", "amount_minor": 5400, "customer_id": 1}
CALL_BACK = {
    "category": "inquiry",
    "disposition": "call_back",
    "follow_up_on": "2026-04-08",
    "customer_id": 1,
}
SALES = {"category": "none", "disposition": "sales"}


@dataclass
class Work:
    """After-call work of those in ``working``; each can be made longer once."""

    working: set[str] = field(default_factory=set)
    longer: list[str] = field(default_factory=list)

    def finish(self, agent_id: AgentId) -> bool:
        was_there = agent_id in self.working
        self.working.discard(agent_id)
        return was_there

    def take_longer(self, agent_id: AgentId) -> bool:
        if agent_id not in self.working or agent_id in self.longer:
            return False
        self.longer.append(agent_id)
        return True


@dataclass
class Desk:
    """Agent a1 speaks on c1, which lives; a1 and a2 spoke on c2, on record; c3 only rang."""

    ask: Ask
    pool: asyncpg.Pool
    work: Work
    views: list[tuple[str, int, str | None, str]] = field(default_factory=list)

    def viewed(
        self, agent_id: AgentId, customer_id: int, reason: str, *, call_id: str | None, detail: str = ""
    ) -> None:
        self.views.append((agent_id, customer_id, call_id, f"{reason} {detail}"))

    async def faults(self, body: dict[str, Any], path: str = PATH) -> list[tuple[str, str]]:
        status, said = await self.ask("PUT", path, body)
        assert status == 422, said
        assert all(one["reason"] for one in said["faults"])
        return [(one["field"], one["code"]) for one in said["faults"]]


@pytest.fixture
async def desk(database: Database, sessions: Sessions, tmp_path: Path) -> AsyncIterator[Desk]:
    pool = database.pool
    await pool.executemany(
        "insert into agent (agent_id, login, name, role) values ($1, $1, $2, 'agent')", list(NAMES.items())
    )
    await pool.execute(
        """
        insert into customer (code, name) values ('C1', '佐藤 花子');
        insert into call (call_id, pbx, direction, caller_kind, started_at, run, revision)
            values ('c2', 'm', 'inbound', 'private', now(), 1, 1),
                   ('c3', 'm', 'inbound', 'private', now(), 1, 1);
        insert into call_stint (offer_id, call_id, agent_id, endpoint, rang_at, answered_at)
            values ('o1', 'c2', 'a1', 'x', now(), now()), ('o2', 'c2', 'a2', 'x', now(), now()),
                   ('o3', 'c3', 'a1', 'x', now(), null);
        """
    )
    settings = Settings(http=HttpSettings(port=free_port()))
    made = Desk(Ask(f"http://127.0.0.1:{settings.http.port}", sessions), pool, Work())
    live = {CallId("c1"): frozenset({AgentId("a1")}), CallId("c2"): frozenset[AgentId]()}
    api = WrapUpApi(
        sessions=sessions,
        dispositions=load_dispositions(Path("config/dispositions.toml")),
        words=CallDispositions(pool),
        work=made.work,
        spoke=live.get,
        name=lambda agent_id: NAMES.get(agent_id, ""),
        viewed=made.viewed,
        more_s=45,
        written_in="ja",
    )
    async with http_server(settings, api.endpoints(), Telemetry(), tmp_path):
        yield made


async def test_everything_to_choose_from_in_both_languages(desk: Desk) -> None:
    status, said = await desk.ask("GET", "/api/dispositions")
    assert (status, said["more_s"]) == (200, 45)
    order = said["categories"][0]
    assert (order["id"], order["ja"], order["en"]) == ("order", "ご注文", "Order")
    assert order["dispositions"][0]["requires"] == ["customer", "amount"]


async def test_it_is_said_once_changed_and_read(desk: Desk) -> None:
    for _ in range(2):
        status, said = await desk.ask("PUT", PATH, ORDER)
        assert status == 200, said
        [one] = said["said"]
        assert (one["agent"], one["disposition"], one["amount_minor"]) == ("川村 由紀", "taken", 5400)
        assert (one["revision"], one["changed_at"]) == (1, None)
    assert desk.views == [("a1", 1, "c1", "change disposition")]
    status, said = await desk.ask("PUT", PATH, SALES)
    assert (said["said"][0]["revision"], said["said"][0]["customer_id"]) == (2, None)
    assert await desk.ask("GET", PATH) == (200, said)
    assert len(desk.views) == 1, "no customer, nothing changed of one"
    subject = await desk.pool.fetchval("select subject from call_disposition")
    assert subject == "営業電話"


async def test_each_agent_of_a_call_says_its_own(desk: Desk) -> None:
    path = PATH.replace("c1", "c2")
    await desk.ask("PUT", path, SALES)
    status, said = await desk.ask("PUT", path, ORDER, agent="a2")
    assert status == 200
    assert [(one["agent_id"], one["disposition"]) for one in said["said"]] == [
        ("a1", "sales"),
        ("a2", "taken"),
    ]


@pytest.mark.parametrize(
    ("call_id", "agent", "role", "status"),
    [
        ("c1", "a1", "agent", 200),
        ("c1", "a2", "agent", 403),
        ("c1", "s1", "supervisor", 200),
        ("c2", "a2", "agent", 200),
        ("c3", "a1", "agent", 403),
        ("c3", "s1", "administrator", 200),
        ("c9", "a1", "agent", 404),
        ("c9", "s1", "supervisor", 404),
        ("c%00", "s1", "supervisor", 404),
        ("c1", None, "agent", 401),
    ],
)
async def test_who_spoke_says_it_and_who_leads(
    desk: Desk, call_id: str, agent: str | None, role: Any, status: int
) -> None:
    path = PATH.replace("c1", call_id)
    assert (await desk.ask("PUT", path, SALES, agent=agent, role=role))[0] == status
    assert (await desk.ask("GET", path, agent=agent, role=role))[0] == status
    assert await desk.pool.fetchval("select count(*) from call_disposition") == (status == 200)


async def test_what_is_missing_or_wrong_is_named(desk: Desk) -> None:
    assert await desk.faults({"category": "x", "disposition": "taken"}) == [("category", "wrong")]
    assert await desk.faults({"category": "order", "disposition": "x"}) == [("disposition", "wrong")]
    assert await desk.faults({"category": "order", "disposition": "taken"}) == [
        ("amount_minor", "empty"),
        ("customer_id", "empty"),
    ]
    assert await desk.faults(CALL_BACK | {"follow_up_on": None}) == [
        ("follow_up_on", "empty"),
        ("note", "empty"),
    ]
    for amount in (-1, 10**12 + 1):
        assert await desk.faults(ORDER | {"amount_minor": amount}) == [("amount_minor", "wrong")]
    for customer_id in (99, 0, -1, 2**63):
        assert await desk.faults(ORDER | {"customer_id": customer_id}) == [("customer_id", "wrong")]
    assert await desk.pool.fetchval("select count(*) from call_disposition") == 0


async def test_a_note_is_one_of_this_call(desk: Desk) -> None:
    assert await desk.faults(CALL_BACK) == [("note", "empty")]
    await desk.pool.execute("insert into karte_note (customer_id, text, call_id) values (1, 'a', 'c1')")
    status, said = await desk.ask("PUT", PATH, CALL_BACK)
    assert (status, said["said"][0]["follow_up_on"]) == (200, "2026-04-08")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"category": "order"},
        ORDER | {"follow_up_on": "2026-02-30"},
        ORDER | {"amount_minor": "5400"},
        ORDER | {"text": "x"},
        b'{"category"',
        b"\xff",
    ],
)
async def test_what_cannot_be_read_is_refused(desk: Desk, body: Any) -> None:
    status, said = await desk.ask("PUT", PATH, body)
    assert (status, said["code"]) == (400, "bad_request")
    assert said["detail"]


async def test_done_ends_it_and_more_makes_it_longer_once(desk: Desk) -> None:
    assert (await desk.ask("POST", "/api/wrap-up/more"))[0] == 409
    desk.work.working = {"a1", "a2"}
    assert (await desk.ask("POST", "/api/wrap-up/more"))[0] == 204
    status, said = await desk.ask("POST", "/api/wrap-up/more")
    assert (status, bool(said["detail"])) == (409, True)
    for _ in range(2):
        assert (await desk.ask("POST", "/api/wrap-up/done"))[0] == 204
    assert desk.work.working == {"a2"}
    for path in ("done", "more"):
        assert (await desk.ask("POST", f"/api/wrap-up/{path}", agent=None))[0] == 401


async def test_a_database_that_is_away_is_answered_so(desk: Desk) -> None:
    await desk.pool.execute("alter table call_disposition rename to call_dispositions_away")
    for method, body in (("GET", None), ("PUT", SALES)):
        status, said = await desk.ask(method, PATH, body)
        assert (status, said["code"]) == (503, "unavailable")
