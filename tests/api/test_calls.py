"""The calls of the last day and why each popped or not (P7): live, just closed, recorded, and refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest

from cti_bridge.agents.permissions import Role
from cti_bridge.agents.sessions import COOKIE, Sessions
from cti_bridge.api.call_summary import Summaries
from cti_bridge.api.calls import CallsApi
from cti_bridge.board.day import Day
from cti_bridge.board.live import Board, Person
from cti_bridge.board.windows import LatencyWindow
from cti_bridge.calls import effects as ef
from cti_bridge.calls import events as ev
from cti_bridge.calls.ids import AgentId
from cti_bridge.calls.reducer import reduce
from cti_bridge.clock import Clock
from cti_bridge.http import http_server
from cti_bridge.push.envelope import CallList, Why
from cti_bridge.records.recent import RecentCalls
from cti_bridge.records.step_rows import write_steps
from cti_bridge.records.trace import Trace
from cti_bridge.settings import HttpSettings, Settings
from cti_bridge.storage import postgres
from cti_bridge.telemetry import Telemetry
from tests.conftest import Database
from tests.golden_traces import seated, trace_events
from tests.loopback import free_port


@dataclass
class Floor:
    """Live calls, a database of ended ones, and a supervisor who asks."""

    pool: asyncpg.Pool
    live: Any = field(default_factory=seated)
    payloads: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        day = Day(ZoneInfo("Asia/Tokyo"), 20)
        self.board = Board(day, LatencyWindow(), lambda agent_id: Person(agent_id, ""), {})
        self.trace = Trace(self.live, Clock())

    def play(self, events: list[ev.CallEvent]) -> None:
        for event in events:
            effects = reduce(self.live, event)
            self.trace.heard(event, Clock().ticks_ns())
            for effect in effects:
                self.board.apply(effect)
                self.trace.did(effect, Clock().ticks_ns())
                if isinstance(effect, ef.CloseCall):
                    payload = self.trace.close(effect.call, effect.reason, Clock().ticks_ns())
                    self.payloads += [payload] if payload else []

    @asynccontextmanager
    async def asked_by(self, sessions: Sessions, pages: Path, role: Role | None) -> AsyncIterator[Any]:
        """Asks the API as somebody of ``role``: status and JSON."""
        settings = Settings(http=HttpSettings(port=free_port()))
        api = CallsApi(
            sessions=sessions,
            recent=RecentCalls(self.pool),
            trace=self.trace,
            board=self.board,
            summaries=Summaries(name=lambda agent_id: f"名 {agent_id}", label=self.board.label),
            clock=Clock(),
            kept_hours=24,
        )
        cookies = {}
        if role is not None:
            cookies[COOKIE] = await sessions.create(AgentId("s1"), "s1", role)
        async with (
            http_server(settings, api.endpoints(), Telemetry(), pages),
            aiohttp.ClientSession(
                cookies=cookies, cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(20)
            ) as browser,
        ):
            origin = f"http://127.0.0.1:{settings.http.port}"
            browser.cookie_jar.update_cookies(cookies)

            async def ask(path: str) -> tuple[int, Any]:
                async with browser.get(origin + path) as response:
                    return response.status, json.loads(await response.read())

            yield ask


@pytest.fixture
def floor(database: Database) -> Floor:
    return Floor(database.pool)


@pytest.fixture
async def ask(floor: Floor, sessions: Sessions, tmp_path: Path) -> AsyncIterator[Any]:
    async with floor.asked_by(sessions, tmp_path, "supervisor") as ask:
        yield ask


async def record(
    pool: asyncpg.Pool, call_id: str, *, hours: float = 1, number: str = "+819012345678", **fields: Any
) -> None:
    """A call as it is written at its end."""
    values = {"outcome": "completed", "display": "090-1234-5678", "agent_id": "a1001"} | fields
    await pool.execute(
        """insert into call (call_id, pbx, direction, caller_kind, caller_e164, caller_display, started_at,
                             ended_at, outcome, run, revision)
           values ($1, 'main', 'inbound', 'number', $2, $3, now() - make_interval(secs => $4),
                   now() - make_interval(secs => $4 - 60), $5, 1, 1)""",
        call_id,
        number,
        values["display"],
        hours * 3600,
        values["outcome"],
    )
    await pool.execute(
        """insert into call_stint (offer_id, call_id, agent_id, endpoint, rang_at, answered_at, end_reason)
           values ($1 || '~1', $1, $2, 'PJSIP/1001', now(), now(), 'completed')""",
        call_id,
        values["agent_id"],
    )


async def test_live_and_ended_calls_newest_first(floor: Floor, ask: Any) -> None:
    await record(floor.pool, "main-1.0", hours=3)
    await record(floor.pool, "main-2.0", hours=2)
    await record(floor.pool, "main-0.0", hours=25)
    await record(floor.pool, "main-3.0", hours=1, outcome="merged")
    await floor.pool.execute(
        "insert into call_queue_wait (call_id, pbx, queue, entered_at, outcome)"
        " values ('main-2.0', 'main', 'orders', now(), 'answered')"
    )
    floor.play(trace_events("queue_ringall_answered_held")[:30])
    status, found = await ask("/api/calls")
    assert status == 200
    (live,) = floor.board.calls()
    # When the recording was made is long ago, or will be.
    shown = {call["call_id"]: call for call in found["calls"]}
    assert [call_id for call_id in shown if call_id != live.call_id] == ["main-2.0", "main-1.0"]
    began = [call["started_at"] for call in found["calls"]]
    assert began == sorted(began, reverse=True)
    assert (found["is_partial"], found["is_cut"], found["kept_hours"]) == (False, False, 24)
    assert (shown[live.call_id]["outcome"], shown[live.call_id]["state"]) == (None, live.state)
    ended = shown["main-2.0"]
    assert (ended["outcome"], ended["state"], ended["queue"]) == ("completed", "ended", "orders")
    assert ended["agents"] == [
        {"agent_id": "a1001", "name": "名 a1001", "is_answered": True, "end": "completed"}
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("number=5678", ["main-1.0"]),
        ("number=03-1111-2222", ["main-2.0"]),
        ("number=%2B81311112222", ["main-2.0"]),
        ("agent=a1002", ["main-2.0"]),
        ("outcome=abandoned", ["main-2.0"]),
        ("outcome=live", []),
        ("agent=nobody", []),
        ("number=%25", ["main-2.0", "main-1.0"]),
    ],
)
async def test_what_is_asked_for(floor: Floor, ask: Any, query: str, expected: list[str]) -> None:
    await record(floor.pool, "main-1.0", hours=3)
    await record(
        floor.pool,
        "main-2.0",
        hours=2,
        number="+81311112222",
        display="03-1111-2222",
        agent_id="a1002",
        outcome="abandoned",
    )
    status, found = await ask(f"/api/calls?{query}")
    assert status == 200
    assert [call["call_id"] for call in found["calls"]] == expected


async def test_live_calls_are_looked_through_too(floor: Floor, ask: Any) -> None:
    floor.play(trace_events("queue_ringall_answered_held")[:30])
    for query, expected in (
        ("number=345678", 1),
        ("number=99", 0),
        ("outcome=live", 1),
        ("outcome=lost", 0),
        ("agent=a1006", 0),
    ):
        _, found = await ask(f"/api/calls?{query}")
        assert len(found["calls"]) == expected, query


async def test_more_than_asked_for_is_said(floor: Floor, ask: Any) -> None:
    for n in range(3):
        await record(floor.pool, f"main-{n}.0", hours=1 + n)
    _, found = await ask("/api/calls?limit=2")
    assert ([call["call_id"] for call in found["calls"]], found["is_cut"]) == (["main-0.0", "main-1.0"], True)


async def test_a_since_within_the_day_is_kept_to(floor: Floor, ask: Any) -> None:
    await record(floor.pool, "main-1.0", hours=3)
    assert (await ask("/api/calls?since=2000-01-01T00:00:00Z"))[1]["calls"] != []
    assert (await ask("/api/calls?since=2999-01-01T00:00:00Z"))[1]["calls"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "since=today", "since=2026-01-01", "outcome=merged"])
async def test_what_cannot_be_read_is_refused(ask: Any, query: str) -> None:
    status, problem = await ask(f"/api/calls?{query}")
    assert (status, problem["code"]) == (400, "bad_request")


async def test_a_name_is_told_where_it_can_be_only_one_persons(floor: Floor, ask: Any) -> None:
    await record(floor.pool, "main-1.0", hours=3)
    for name in ("山田 太郎", "山田 花"):
        await floor.pool.execute(
            """with c as (insert into customer (code, name) values ($1, $1) returning customer_id)
               insert into customer_number (customer_id, e164) select customer_id, '+819012345678' from c""",
            name,
        )
        _, found = await ask("/api/calls")
        assert found["calls"][0]["customer_name"] == ("山田 太郎" if name == "山田 太郎" else None)


async def test_why_of_a_live_call_then_of_one_that_closed(floor: Floor, ask: Any) -> None:
    happened = trace_events("queue_ringall_answered_held")
    answered = next(i for i, event in enumerate(happened) if isinstance(event, ev.ChannelAnswered))
    floor.play(happened[:answered])
    (live,) = floor.board.calls()
    status, why = await ask(f"/api/calls/{quote(live.call_id)}/why")
    assert status == 200
    assert (why["call"]["outcome"], {each["code"] for each in why["verdicts"]}) == (None, {"waits_for_card"})
    floor.play(happened[answered:])
    status, why = await ask(f"/api/calls/{live.call_id}/why")
    assert (status, why["call"]["outcome"], why["call"]["state"]) == (200, "completed", "ended")
    assert sorted((each["agent_id"], each["end"]) for each in why["call"]["agents"]) == [
        ("a1001", "answered_elsewhere"),
        ("a1002", "completed"),
        ("a1003", "answered_elsewhere"),
    ]
    assert why["names"]["a1002"] == "名 a1002"
    assert [step["what"] for step in why["steps"]][-1] == "closed"


async def test_why_of_a_recorded_call(floor: Floor, ask: Any) -> None:
    floor.play(trace_events("direct_answered"))
    (payload,) = floor.payloads
    written = json.loads(payload)
    async with floor.pool.acquire() as connection:
        await write_steps(connection, floor.payloads)
    await record(floor.pool, written["call_id"])
    floor.trace._closed.clear()
    status, why = await ask(f"/api/calls/{written['call_id']}/why")
    assert (status, why["call"]["outcome"]) == (200, "completed")
    assert why["steps"] == written["steps"]


@pytest.mark.parametrize("call_id", ["main-1.0", "main-9.9", "x%00y", "%E5%B1%B1"])
async def test_what_is_no_longer_kept_is_not_found_and_for_how_long_it_is(
    floor: Floor, ask: Any, call_id: str
) -> None:
    await record(floor.pool, "main-1.0")
    status, problem = await ask(f"/api/calls/{call_id}/why")
    assert (status, problem["code"]) == (404, "not_found")
    assert "24 hours" in problem["detail"]


async def test_without_postgresql_live_calls_still_answer(sessions: Sessions, tmp_path: Path) -> None:
    pool = await postgres.create_pool(f"postgresql://127.0.0.1:{free_port()}/none")
    floor = Floor(pool)
    floor.play(trace_events("direct_answered")[:8])
    (live,) = floor.board.calls()
    async with floor.asked_by(sessions, tmp_path, "administrator") as ask:
        status, found = await ask("/api/calls")
        assert (status, found["is_partial"]) == (200, True)
        assert [call["call_id"] for call in found["calls"]] == [live.call_id]
        assert (await ask(f"/api/calls/{live.call_id}/why"))[0] == 200
        status, problem = await ask("/api/calls/main-1.0/why")
        assert (status, problem["code"]) == (503, "unavailable")
    await pool.close()


@pytest.mark.parametrize(("role", "status"), [("agent", 403), (None, 401)])
async def test_calls_are_for_supervisors(
    floor: Floor, sessions: Sessions, tmp_path: Path, role: Role | None, status: int
) -> None:
    async with floor.asked_by(sessions, tmp_path, role) as ask:
        assert (await ask("/api/calls"))[0] == status
        assert (await ask("/api/calls/main-1.0/why"))[0] == status


def test_each_route_says_what_it_gives() -> None:
    assert {
        endpoint.path: endpoint.answers
        for endpoint in CallsApi(*[None] * 7).endpoints()  # type: ignore[arg-type]
    } == {"/api/calls": {200: CallList}, "/api/calls/{call_id}/why": {200: Why}}
