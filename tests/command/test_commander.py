"""Requests: who may, once for each key, within bounds, written down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
import structlog

from cti_bridge.agents.command_log import CommandEntry
from cti_bridge.agents.permissions import RIGHTS, Right, Role
from cti_bridge.agents.roster import Agent
from cti_bridge.calls import commands as cmd
from cti_bridge.calls import events as ev
from cti_bridge.calls.commands import Done, RefusalCode, Refused, Result, Unconfirmed
from cti_bridge.calls.ids import AgentId, CallId, ChannelId, Endpoint, PbxId
from cti_bridge.clock import Clock
from cti_bridge.command import commander
from cti_bridge.command.commander import Commander, right_for
from cti_bridge.errors import Unavailable
from cti_bridge.push import command_bodies as ask
from cti_bridge.telemetry import Telemetry
from tests.live_tables import MAIN, ORDERS, Floor, person

A1, A2, BOSS = AgentId("a1"), AgentId("a2"), AgentId("a4")
KEY = "key-00000001"
CALL = CallId("main~1")
EVERY_REQUEST: list[tuple[commander.AnyRequest, Right, Right]] = [
    # request, what it needs for oneself, what for somebody else
    (ask.OriginateRequest("1004"), Right.CALL_OUT, Right.CALL_OUT),
    (ask.BlindTransferRequest(CALL, "1004"), Right.HANDLE_OWN_CALL, Right.HANDLE_OWN_CALL),
    (ask.BeginTransferRequest(CALL, "1004"), Right.HANDLE_OWN_CALL, Right.HANDLE_OWN_CALL),
    (ask.CompleteTransferRequest(CALL), Right.HANDLE_OWN_CALL, Right.HANDLE_OWN_CALL),
    (ask.CancelTransferRequest(CALL), Right.HANDLE_OWN_CALL, Right.HANDLE_OWN_CALL),
    (ask.HangUpRequest(CALL), Right.HANDLE_OWN_CALL, Right.HANDLE_OTHERS_CALLS),
    (ask.ParkRequest(CALL), Right.HANDLE_OWN_CALL, Right.HANDLE_OWN_CALL),
    (ask.HoldRequest(CALL, True), Right.HANDLE_OWN_CALL, Right.HANDLE_OWN_CALL),
    (ask.PauseRequest(True), Right.CHOOSE_OWN_STATE, Right.CHOOSE_OTHERS_STATE),
    (ask.JoinQueueRequest(MAIN, ORDERS), Right.CHOOSE_OWN_STATE, Right.CHOOSE_OTHERS_STATE),
    (ask.LeaveQueueRequest(MAIN, ORDERS), Right.CHOOSE_OWN_STATE, Right.CHOOSE_OTHERS_STATE),
    (ask.RecordRequest(CALL), Right.HANDLE_OWN_CALL, Right.HANDLE_OWN_CALL),
    (ask.MuteRecordingRequest(CALL, True), Right.HANDLE_OWN_CALL, Right.HANDLE_OWN_CALL),
    (ask.ListenRequest(A2), Right.LISTEN_IN, Right.LISTEN_IN),
    (ask.SignOnRequest(MAIN, Endpoint("PJSIP/2001")), Right.CHOOSE_OWN_STATE, Right.CHOOSE_OWN_STATE),
    (ask.SignOffRequest(), Right.CHOOSE_OWN_STATE, Right.CHOOSE_OWN_STATE),
]


@dataclass
class Pbx:
    """A PBX that is told what to answer. While ``is_open`` is not set, it says nothing."""

    answers: list[Result | Exception] = field(default_factory=list)
    asked: list[cmd.Command] = field(default_factory=list)
    is_open: asyncio.Event = field(default_factory=asyncio.Event)

    async def perform(self, wish: cmd.Command, tell: Callable[[ev.CallEvent], None]) -> Result:
        self.asked.append(wish)
        await self.is_open.wait()
        answer = self.answers.pop(0) if self.answers else Done()
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Desk:
    queues: set[tuple[AgentId, PbxId, str]] = field(default_factory=set)
    is_away: bool = False

    async def may_serve(self, agent_id: AgentId, pbx: PbxId, queue: str) -> bool:
        if self.is_away:
            raise Unavailable("storage.postgres_url", "nobody listens")
        return (agent_id, pbx, queue) in self.queues

    async def sign_on(self, agent: Agent, pbx: PbxId, endpoint: Endpoint) -> Result:
        return Done(f"{agent.agent_id} at {endpoint}")

    async def sign_off(self, agent: Agent) -> Result:
        return Done()


class Office:
    """A commander and everything around it."""

    def __init__(self) -> None:
        self.floor = Floor()
        self.pbx, self.desk = Pbx(), Desk()
        self.pbx.is_open.set()
        self.people = {one.agent_id: one for one in (person("a1"), person("a2"), person("a4", "supervisor"))}
        self.written: list[CommandEntry] = []
        self.write_fault: Exception | None = None
        self.now_s = 1_800_000_000.0
        self.tasks: set[asyncio.Task[Any]] = set()
        self.telemetry = Telemetry()
        self.commander = Commander(
            self.floor.live,
            {MAIN: self.pbx},
            self.desk,  # type: ignore[arg-type]
            self.people.get,
            self.floor.say,
            self._write,
            self._spawn,
            self.telemetry,
            Clock(lambda: self.now_s, lambda: int(self.now_s * 1e9)),
        )

    async def _write(self, entry: CommandEntry) -> None:
        if self.write_fault is not None:
            raise self.write_fault
        self.written.append(entry)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def run(self, request: commander.AnyRequest, by: AgentId = A1, key: str = KEY) -> Result:
        return await self.commander.run(by, key, request)

    async def settle(self) -> None:
        while self.tasks:
            await asyncio.gather(*self.tasks)


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    office = Office()
    yield office
    office.pbx.is_open.set()
    await office.settle()


def code(result: Result) -> RefusalCode:
    assert isinstance(result, Refused), result
    return result.code


# -- who may --------------------------------------------------------------------------------


@pytest.mark.parametrize(("request_", "own", "others"), EVERY_REQUEST, ids=lambda value: type(value).__name__)
def test_the_right_each_request_needs(request_: commander.AnyRequest, own: Right, others: Right) -> None:
    assert right_for(request_, is_own=True) is own
    assert right_for(request_, is_own=False) is others


@pytest.mark.parametrize("role", list(RIGHTS))
@pytest.mark.parametrize("request_", [row[0] for row in EVERY_REQUEST], ids=lambda one: type(one).__name__)
async def test_without_the_right_no_pbx_is_asked(
    office: Office, request_: commander.AnyRequest, role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RIGHTS, role, frozenset())
    office.people[A1] = person("a1", role)
    office.floor.talk(1)
    assert code(await office.run(request_)) is RefusalCode.NOT_ALLOWED
    assert office.pbx.asked == []


async def test_agents_leave_others_alone_and_supervisors_need_not(office: Office) -> None:
    call_id = office.floor.talk(2)
    requests: list[commander.AnyRequest] = [
        ask.HangUpRequest(call_id, A2),
        ask.PauseRequest(True, "", A2),
        ask.LeaveQueueRequest(MAIN, ORDERS, A2),
        ask.ListenRequest(A2),
    ]
    for n, request in enumerate(requests):
        assert code(await office.run(request, key=f"agent-{n:05}")) is RefusalCode.NOT_ALLOWED
    assert office.pbx.asked == []
    for n, request in enumerate(requests):
        assert await office.run(request, BOSS, f"chief-{n:05}") == Done()
    assert [type(one) for one in office.pbx.asked] == [cmd.HangUp, cmd.Pause, cmd.RemoveMember, cmd.Spy]


async def test_agents_join_the_queues_that_are_theirs(office: Office) -> None:
    join = ask.JoinQueueRequest(MAIN, ORDERS)
    assert code(await office.run(join, key="before-01")) is RefusalCode.NOT_ALLOWED
    office.desk.queues.add((A1, MAIN, ORDERS))
    assert await office.run(join, key="after-001") == Done()


async def test_somebody_who_left_may_nothing(office: Office) -> None:
    office.floor.talk(1)
    del office.people[A1]
    assert code(await office.run(ask.PauseRequest(True))) is RefusalCode.NOT_ALLOWED
    pause = ask.PauseRequest(True, "", AgentId("a9"))
    assert code(await office.run(pause, BOSS)) is RefusalCode.NOT_FOUND


async def test_a_pbx_that_is_not_in_the_settings(office: Office) -> None:
    branch = PbxId("branch")
    office.floor.say(ev.RosterChanged(branch, 0.0, ((Endpoint("PJSIP/51"), AgentId("a5")),)))
    office.people[AgentId("a5")] = person("a5")
    result = await office.run(ask.OriginateRequest("1004"), AgentId("a5"))
    assert code(result) is RefusalCode.PBX_AWAY


# -- once for each key ----------------------------------------------------------------------


async def test_the_same_key_again_gets_the_first_outcome(office: Office) -> None:
    office.pbx.answers = [Unconfirmed(5.0, "no event"), Done()]
    first = await office.run(ask.PauseRequest(True))
    assert await office.run(ask.PauseRequest(True)) == first == Unconfirmed(5.0, "no event")
    assert len(office.pbx.asked) == 1
    assert await office.run(ask.PauseRequest(True), key="another-1") == Done()


async def test_the_same_key_while_it_runs_joins_in(office: Office) -> None:
    office.pbx.is_open.clear()
    asking = [asyncio.create_task(office.run(ask.PauseRequest(True))) for _ in range(20)]
    while not office.pbx.asked:
        await asyncio.sleep(0)
    office.pbx.is_open.set()
    assert await asyncio.gather(*asking) == [Done()] * 20
    assert len(office.pbx.asked) == 1
    await office.settle()
    assert len(office.written) == 1


async def test_a_browser_that_goes_away_stops_nothing(office: Office) -> None:
    office.pbx.is_open.clear()
    asking = asyncio.create_task(office.run(ask.PauseRequest(True)))
    while not office.pbx.asked:
        await asyncio.sleep(0)
    asking.cancel()
    office.pbx.is_open.set()
    assert await office.run(ask.PauseRequest(True)) == Done()
    assert len(office.pbx.asked) == 1


async def test_a_key_is_for_one_request_of_one_agent(office: Office) -> None:
    assert await office.run(ask.PauseRequest(True)) == Done()
    assert code(await office.run(ask.PauseRequest(False))) is RefusalCode.KEY_REUSED
    assert await office.run(ask.PauseRequest(False), A2) == Done()


async def test_after_ten_minutes_a_key_is_forgotten(office: Office) -> None:
    await office.run(ask.PauseRequest(True))
    office.now_s += commander.REMEMBERED_S - 1
    assert code(await office.run(ask.PauseRequest(False))) is RefusalCode.KEY_REUSED
    office.now_s += 2
    assert await office.run(ask.PauseRequest(False)) == Done()


async def test_what_is_remembered_is_bounded(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commander, "MAX_REMEMBERED", 5)
    for n in range(20):
        await office.run(ask.PauseRequest(True), key=f"key-{n:08}")
    assert len(office.commander._wishes) == 5
    # The newest is still known.
    assert code(await office.run(ask.PauseRequest(False), key="key-00000019")) is RefusalCode.KEY_REUSED


async def test_one_page_cannot_keep_a_pbx_busy(office: Office) -> None:
    office.pbx.is_open.clear()
    asking = [
        asyncio.create_task(office.run(ask.PauseRequest(True), key=f"key-{n:08}"))
        for n in range(commander.MAX_RUNNING_EACH)
    ]
    while len(office.pbx.asked) < commander.MAX_RUNNING_EACH:
        await asyncio.sleep(0)
    assert code(await office.run(ask.PauseRequest(True), key="too-many-1")) is RefusalCode.TOO_MANY
    office.pbx.is_open.set()
    await asyncio.gather(*asking)
    assert await office.run(ask.PauseRequest(True), key="too-many-1") == Done()
    assert not office.commander._running


# -- transfers, several commands -------------------------------------------------------------


async def test_a_transfer_is_completed_after_it_was_begun(office: Office) -> None:
    call_id = office.floor.talk(1)
    complete = ask.CompleteTransferRequest(call_id)
    assert code(await office.run(complete, key="too-early")) is RefusalCode.WRONG_STATE
    await office.run(ask.BeginTransferRequest(call_id, "1004"), key="begin-001")
    office.floor.bridge("word", office.floor.own(1))
    assert await office.run(complete, key="complete1") == Done()
    assert office.pbx.asked[-1] == cmd.CompleteTransfer(MAIN, office.floor.own(1))


async def test_a_transfer_that_was_not_begun_is_not_completed(office: Office) -> None:
    call_id = office.floor.talk(1)
    office.pbx.answers = [Refused(RefusalCode.NOT_SUPPORTED, "")]
    await office.run(ask.BeginTransferRequest(call_id, "1004"), key="begin-001")
    office.floor.bridge("word", office.floor.own(1))
    complete = ask.CompleteTransferRequest(call_id)
    assert code(await office.run(complete, key="complete1")) is RefusalCode.WRONG_STATE


async def test_what_is_kept_of_transfers_ends_with_the_call(office: Office) -> None:
    for n in range(3):
        caller = ChannelId(f"{n}00.1")
        call_id = office.floor.talk(1, caller=caller)
        await office.run(ask.BeginTransferRequest(call_id, "1004"), key=f"begin-{n:03}")
        office.floor.say(
            ev.ChannelEnded(MAIN, 0.0, office.floor.own(1, caller), 16),
            ev.ChannelEnded(MAIN, 0.0, caller, 16),
        )
    assert len(office.commander._consultations) == 1


# -- written down ----------------------------------------------------------------------------


async def test_every_request_is_written_down(office: Office) -> None:
    call_id = office.floor.talk(1)
    office.pbx.answers = [Done("701"), Unconfirmed(5.0, "no event")]
    await office.run(ask.ParkRequest(call_id), key="park-0001")
    await office.run(ask.BlindTransferRequest(call_id, "090-1234-5678"), key="blind-001")
    await office.run(ask.ListenRequest(A2), key="listen-01")
    await office.settle()
    told = [(one.kind, one.call_id, one.target, one.outcome) for one in office.written]
    assert told == [
        ("park", call_id, {}, "done"),
        ("blind_transfer", call_id, {"number": "090-1234-5678"}, "unconfirmed"),
        ("listen", None, {"agent_id": "a2", "mode": "listen"}, "not_allowed"),
    ]
    assert office.written[0].detail == "701"


async def test_no_number_and_no_name_is_logged(office: Office) -> None:
    with structlog.testing.capture_logs() as logs:
        await office.run(ask.OriginateRequest("09012345678", "山田 太郎"))
    assert "5678" in str(logs)
    assert "09012345678" not in str(logs)
    assert "山田" not in str(logs)


@pytest.mark.parametrize("fault", [asyncpg.InterfaceError("pool is closed"), ValueError("ours")])
async def test_a_database_that_is_away_stops_no_command(office: Office, fault: Exception) -> None:
    office.write_fault = fault
    assert await office.run(ask.PauseRequest(True)) == Done()
    await office.settle()
    assert office.written == []


async def test_what_needs_the_database_says_that_it_is_away(office: Office) -> None:
    office.desk.is_away = True
    assert code(await office.run(ask.JoinQueueRequest(MAIN, ORDERS))) is RefusalCode.UNAVAILABLE


async def test_a_fault_of_ours_ends_nothing_but_its_request(office: Office) -> None:
    office.pbx.answers = [RuntimeError("ours")]
    assert code(await office.run(ask.PauseRequest(True))) is RefusalCode.FAILED
    failures = office.telemetry.registry.get_sample_value("cti_task_failures_total", {"task": "command"})
    assert failures == 1


async def test_the_desk_needs_no_key(office: Office) -> None:
    on = ask.SignOnRequest(MAIN, Endpoint("PJSIP/2001"))
    for _ in range(2):
        assert await office.commander.run_once(A1, on) == Done("a1 at PJSIP/2001")
    assert await office.commander.run_once(A1, ask.SignOffRequest()) == Done()
    await office.settle()
    assert [one.kind for one in office.written] == ["sign_on", "sign_on", "sign_off"]
