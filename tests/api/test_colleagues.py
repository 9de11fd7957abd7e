"""Colleagues over HTTP: who else works here, by what number, and whether they can be called now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from cti_bridge.agents.roster import Agent
from cti_bridge.agents.sessions import Sessions
from cti_bridge.api.colleagues import ColleaguesApi, number_of
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId
from cti_bridge.calls.views import AgentState
from cti_bridge.http import http_server
from cti_bridge.settings import HttpSettings, Settings
from cti_bridge.telemetry import Telemetry
from tests.api.asking import Ask
from tests.live_tables import person
from tests.loopback import free_port

MAIN, BRANCH = PbxId("main"), PbxId("branch")


def at(agent: Agent, *seats: tuple[PbxId, str], reading: str = "") -> Agent:
    return replace(
        agent, endpoints=tuple((pbx, Endpoint(endpoint)) for pbx, endpoint in seats), reading=reading
    )


@dataclass
class House:
    """Who works here and what they do, as a test sets it."""

    agents: list[Agent] = field(default_factory=list)
    states: dict[str, AgentState] = field(default_factory=dict)
    ask: Ask | None = None

    async def colleagues(self, agent: str = "a1") -> list[dict[str, object]]:
        assert self.ask is not None
        status, body = await self.ask("GET", "/api/colleagues", agent=agent)
        assert status == 200
        found: list[dict[str, object]] = body["colleagues"]
        return found


@pytest.fixture
async def house(sessions: Sessions, tmp_path: Path) -> AsyncIterator[House]:
    house = House()
    settings = Settings(http=HttpSettings(port=free_port()))
    api = ColleaguesApi(
        sessions, lambda: house.agents, lambda agent_id: house.states.get(agent_id, AgentState.OFFLINE)
    )
    async with http_server(settings, api.endpoints(), Telemetry(), tmp_path):
        house.ask = Ask(f"http://127.0.0.1:{settings.http.port}", sessions)
        yield house


async def test_everybody_else_in_the_order_of_readings(house: House) -> None:
    house.agents = [
        at(person("a1", name="鈴木 恵子"), (MAIN, "PJSIP/1001"), reading="スズキ ケイコ"),
        at(person("a2", name="渡辺 さおり"), (MAIN, "PJSIP/1002"), reading="ワタナベ サオリ"),
        at(person("s1", "supervisor", "大野 由紀"), (MAIN, "PJSIP/2001"), reading="オオノ ユキ"),
    ]
    house.states = {"a2": AgentState.TALKING, "s1": AgentState.READY}
    assert await house.colleagues() == [
        {
            "agent_id": "s1",
            "name": "大野 由紀",
            "reading": "オオノ ユキ",
            "state": "ready",
            "can_be_called": True,
            "number": "2001",
        },
        {
            "agent_id": "a2",
            "name": "渡辺 さおり",
            "reading": "ワタナベ サオリ",
            "state": "talking",
            "can_be_called": False,
            "number": "1002",
        },
    ]
    assert [one["agent_id"] for one in await house.colleagues("s1")] == ["a1", "a2"]


@pytest.mark.parametrize("state", list(AgentState))
async def test_who_can_be_called(house: House, state: AgentState) -> None:
    house.agents = [at(person("a2"), (MAIN, "PJSIP/1002")), at(person("a3"), (MAIN, "PJSIP/door"))]
    house.states = {"a2": state, "a3": state}
    with_number, without = await house.colleagues()
    free = {AgentState.READY, AgentState.PAUSED, AgentState.WRAP_UP}
    assert with_number["can_be_called"] is (state in free)
    assert (without["number"], without["can_be_called"]) == (None, False)


async def test_a_state_follows_and_nobody_is_asked_without_a_session(house: House) -> None:
    house.agents = [at(person("a2"), (MAIN, "PJSIP/1002"))]
    assert (await house.colleagues())[0]["state"] == "offline"
    house.states["a2"] = AgentState.READY
    assert (await house.colleagues())[0]["state"] == "ready"
    assert house.ask is not None
    status, problem = await house.ask("GET", "/api/colleagues", agent=None)
    assert (status, problem["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize(
    ("seats", "near", "number"),
    [
        (((MAIN, "PJSIP/1002"),), {MAIN}, "1002"),
        (((MAIN, "SIP/trunk/1002"),), {MAIN}, "1002"),
        (((BRANCH, "PJSIP/3002"), (MAIN, "PJSIP/1002")), {MAIN}, "1002"),
        (((BRANCH, "PJSIP/3002"), (MAIN, "PJSIP/1002")), {BRANCH}, "3002"),
        (((BRANCH, "PJSIP/3002"),), {MAIN}, "3002"),
        (((MAIN, "PJSIP/desk-7"), (MAIN, "PJSIP/1002")), {MAIN}, "1002"),
        (((MAIN, "PJSIP/desk-7"), (BRANCH, "PJSIP/3002")), {MAIN}, "3002"),
        (((MAIN, "PJSIP/desk-7"),), {MAIN}, None),
        (((MAIN, "PJSIP/"),), {MAIN}, None),
        (((MAIN, "PJSIP/１００２"),), {MAIN}, None),
        ((), {MAIN}, None),
    ],
)
def test_by_what_number(seats: tuple[tuple[PbxId, str], ...], near: set[PbxId], number: str | None) -> None:
    assert number_of(at(person("a2"), *seats), near) == number


def test_the_one_who_asks_needs_no_telephone() -> None:
    agent = at(person(AgentId("a2")), (MAIN, "PJSIP/1002"))
    assert number_of(agent, set()) == "1002"
