"""From an agent's request to a real Asterisk and back: the live tables find the right channel."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from cti_bridge.agents.command_log import CommandEntry
from cti_bridge.calls import events as ev
from cti_bridge.calls.commands import Done, RefusalCode, Refused, Result, SpyMode
from cti_bridge.calls.ids import AgentId, CallId, Endpoint, QueueId
from cti_bridge.calls.views import OfferState
from cti_bridge.clock import Clock
from cti_bridge.command.commander import AnyRequest, Commander
from cti_bridge.push import command_bodies as ask
from cti_bridge.telemetry import Telemetry
from tests.command.asterisk.asker import PBX, Asker
from tests.live_tables import person
from tests.rig.phone_shop import PhoneShop

pytestmark = pytest.mark.asterisk
A1, A2, BOSS = AgentId("a1"), AgentId("a2"), AgentId("a6")
PEOPLE = {one.agent_id: one for one in (person("a1"), person("a2"), person("a6", "supervisor"))}


class Office:
    """A commander on a real Asterisk; nothing is written down."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self._keys = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._commander = Commander(
            asker.live,
            {PBX: asker.commands},
            None,  # type: ignore[arg-type]
            PEOPLE.get,
            asker.tell,
            self._write,
            self._spawn,
            Telemetry(),
            Clock(),
        )

    async def _write(self, entry: CommandEntry) -> None:
        pass

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def run(self, request: AnyRequest, by: AgentId = A2) -> Result:
        self._keys += 1
        return await self._commander.run(by, f"key-{self._keys:08}", request)

    def call_id(self, agent_id: AgentId = A2) -> CallId:
        [leg] = self.asker.live.agents[agent_id].legs.values()
        return leg.call.call_id


@pytest.fixture
def office(asker: Asker) -> Office:
    return Office(asker)


async def test_a_call_out_from_click_to_hang_up(office: Office, phones: PhoneShop) -> None:
    agent, carrier = await phones.agent("1001"), await phones.carrier()
    assert await office.run(ask.OriginateRequest("+81 90-5555-6666", "山田"), A1) == Done()
    [leg] = office.asker.live.agents[A1].legs.values()
    assert leg.state is OfferState.DIALLING
    # The agent thinks better of it while the own telephone rings.
    ring = await agent.ringing()
    assert await office.run(ask.HangUpRequest(office.call_id(A1)), A1) == Done()
    await ring.reached("ended")
    assert await office.run(ask.OriginateRequest("09055556666"), A1) == Done()
    ring = await agent.ringing()
    await ring.answer()
    customer = await carrier.ringing()
    await customer.answer()
    await office.asker.heard(ev.BridgeEntered)
    assert await office.run(ask.HangUpRequest(office.call_id(A1)), A1) == Done()
    await customer.reached("ended")


async def test_a_word_then_joining_both(office: Office, phones: PhoneShop) -> None:
    customer, agent = await office.asker.talk(phones, media=True)
    target = await phones.agent("1004", media=True)
    call_id = office.call_id()
    too_early = await office.run(ask.CompleteTransferRequest(call_id))
    assert isinstance(too_early, Refused)
    assert too_early.code is RefusalCode.WRONG_STATE
    assert await office.run(ask.BeginTransferRequest(call_id, "1004")) == Done()
    await (await target.ringing()).answer()
    assert await office.run(ask.CompleteTransferRequest(call_id)) == Done()
    await agent.reached("ended")
    assert customer.state == "talking"


async def test_a_target_that_is_busy_leaves_nothing_to_complete(office: Office, phones: PhoneShop) -> None:
    customer, agent = await office.asker.talk(phones, media=True)
    target = await phones.agent("1004", media=True)
    call_id = office.call_id()
    assert await office.run(ask.BeginTransferRequest(call_id, "1004")) == Done()
    await (await target.ringing()).reject(486)
    await office.asker.heard(ev.HoldEnded)
    result = await office.run(ask.CompleteTransferRequest(call_id))
    assert isinstance(result, Refused)
    assert result.code is RefusalCode.WRONG_STATE
    assert (customer.state, agent.state) == ("talking", "talking")


async def test_the_customer_is_parked(office: Office, phones: PhoneShop) -> None:
    customer, agent = await office.asker.talk(phones)
    result = await office.run(ask.ParkRequest(office.call_id()))
    assert isinstance(result, Done)
    assert result.detail == "701"
    await agent.reached("ended")
    assert customer.state == "talking"


async def test_a_supervisor_listens_and_ends_a_call(office: Office, phones: PhoneShop) -> None:
    _, agent = await office.asker.talk(phones)
    supervisor = await phones.agent("1006")
    listening = asyncio.create_task(office.run(ask.ListenRequest(A2, SpyMode.WHISPER), BOSS))
    await (await supervisor.ringing()).answer()
    assert await listening == Done()
    # Who listens is part of no call: the agent's screen shows one call still.
    assert await office.run(ask.HangUpRequest(office.call_id(), A2), BOSS) == Done()
    await agent.reached("ended")


async def test_a_supervisor_pauses_an_agent_everywhere(office: Office) -> None:
    members = office.asker.live.tables(PBX).memberships[Endpoint("PJSIP/1002")]
    for is_paused in (True, False):
        pause = ask.PauseRequest(is_paused, "昼休み" if is_paused else "", A2)
        assert await office.run(pause, BOSS) == Done()
        assert {member.is_paused for member in members.values()} == {is_paused}


async def test_a_supervisor_moves_an_agent_into_a_queue_and_out(office: Office) -> None:
    support = QueueId("support")
    assert await office.run(ask.JoinQueueRequest(PBX, support, 1, A2), BOSS) == Done()
    members = office.asker.live.tables(PBX).memberships[Endpoint("PJSIP/1002")]
    assert support in members
    assert await office.run(ask.LeaveQueueRequest(PBX, support, A2), BOSS) == Done()
    assert support not in members
