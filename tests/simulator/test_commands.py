"""The simulator carries out what the bridge asks of a PBX, and refuses the rest in Asterisk's words."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from cti_bridge.calls import commands as cmd
from cti_bridge.calls import events as ev
from cti_bridge.calls.commands import Done, Membership, RefusalCode, Refused, Result
from cti_bridge.calls.ids import AgentId, ChannelId, Endpoint, QueueId
from cti_bridge.calls.queue_events import DeviceChanged, DeviceUse
from cti_bridge.calls.views import OfferState
from cti_bridge.simulator import SimQueue, Simulator, click_call, dialled_call
from tests.command.asterisk.asker import PBX, Asker

AGENTS = {f"PJSIP/100{n}": f"Agent {n}" for n in range(1, 5)}
OWN = ChannelId("cti-own")


@dataclass
class Stand:
    """What stands where an Asterisk would."""

    host: str
    ami_port: int
    ami_secret: str = "s3cret"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click_call, "ANSWERS_AFTER_S", 0.05)
    monkeypatch.setattr(click_call, "_LOOK_S", 0.02)
    monkeypatch.setattr(dialled_call, "ANSWERS_AFTER_S", 0.05)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    queues = {"orders": SimQueue(members=["PJSIP/1001", "PJSIP/1002"])}
    async with Simulator.listening(secret="s3cret", agents=AGENTS, queues=queues) as simulator:
        yield simulator


@pytest.fixture
async def asker(simulator: Simulator) -> AsyncIterator[Asker]:
    async with Asker(Stand(simulator.host, simulator.port)) as asker:
        yield asker


def code(result: Result) -> RefusalCode:
    assert isinstance(result, Refused), result
    return result.code


def originate(number: str, endpoint: str = "PJSIP/1001") -> cmd.Originate:
    return cmd.Originate(PBX, OWN, Endpoint(endpoint), number, "山田")


@pytest.mark.parametrize(("number", "called"), [("09012345678", "PJSIP/trunk"), ("1003", "PJSIP/1003")])
async def test_click_to_call(asker: Asker, simulator: Simulator, number: str, called: str) -> None:
    assert await asker.perform(originate(number)) == Done()
    await asker.heard(ev.BridgeEntered, lambda event: event.channel == OWN)
    tables = asker.live.tables(PBX)
    assert {one.endpoint for one in tables.channels.values()} == {"PJSIP/1001", called}
    assert tables.devices[Endpoint("PJSIP/1001")] is DeviceUse.IN_USE
    if called == "PJSIP/trunk":
        [leg] = asker.live.agents[AgentId("a1")].legs.values()
        assert leg.state is OfferState.TALKING
    # The agent hangs up by command.
    assert await asker.perform(cmd.HangUp(PBX, OWN)) == Done()
    await asker.heard(DeviceChanged, lambda event: event.device is DeviceUse.IDLE)
    assert not simulator.exchange.channels
    assert not tables.channels


async def test_clicks_that_come_to_nothing(asker: Asker, simulator: Simulator) -> None:
    assert code(await asker.perform(originate("9999"))) is RefusalCode.NOT_FOUND
    assert code(await asker.perform(originate("1003", "PJSIP/1777"))) is RefusalCode.UNREACHABLE
    call = simulator.call("0312349999", to="PJSIP/1001")
    call.answer("PJSIP/1001")
    assert code(await asker.perform(originate("1003"))) is RefusalCode.BUSY
    assert not call.is_over


async def test_taking_back_a_click_while_it_rings(asker: Asker, simulator: Simulator) -> None:
    assert await asker.perform(originate("1003")) == Done()
    assert await asker.perform(cmd.HangUp(PBX, OWN)) == Done()
    assert not simulator.exchange.channels


@pytest.mark.parametrize("target", ["1004", "0311112222"])
async def test_sending_a_queues_caller_on(asker: Asker, simulator: Simulator, target: str) -> None:
    call = simulator.call("09012345678", to="orders")
    call.answer("PJSIP/1001")
    await asker.heard(ev.BridgeEntered, lambda event: event.channel == call.unique_id)
    own = asker.channel("PJSIP/1001")
    assert await asker.perform(cmd.BlindTransfer(PBX, own, target)) == Done()
    assert call.is_over
    after = len(asker.events)
    await asker.heard(ev.BridgeEntered, lambda event: event.channel == call.unique_id, after)
    assert call.unique_id in simulator.exchange.channels
    assert own not in simulator.exchange.channels
    assert asker.live.tables(PBX).devices[Endpoint("PJSIP/1001")] is DeviceUse.IDLE


async def test_what_talks_with_nobody_is_not_sent_on(asker: Asker, simulator: Simulator) -> None:
    simulator.call("09012345678", to="PJSIP/1001")
    await asker.heard(ev.ChannelRang)
    own = asker.channel("PJSIP/1001")
    assert code(await asker.perform(cmd.BlindTransfer(PBX, own, "1004"))) is RefusalCode.WRONG_STATE
    gone = cmd.BlindTransfer(PBX, ChannelId("gone.1"), "1004")
    assert code(await asker.perform(gone)) is RefusalCode.NOT_FOUND


@pytest.mark.parametrize("is_answered", [False, True])
@pytest.mark.parametrize("to", ["orders", "PJSIP/1001"])
async def test_hanging_up(asker: Asker, simulator: Simulator, to: str, is_answered: bool) -> None:
    call = simulator.call("09012345678", to=to)
    if is_answered:
        call.answer("PJSIP/1001")
    await asker.heard(ev.ChannelRang)
    own = asker.channel("PJSIP/1001")
    assert await asker.perform(cmd.HangUp(PBX, own)) == Done()
    assert "PJSIP/1001" not in [*call.ringing, call.talking]
    assert code(await asker.perform(cmd.HangUp(PBX, own))) is RefusalCode.NOT_FOUND


async def test_listening_until_the_call_is_over(asker: Asker, simulator: Simulator) -> None:
    call = simulator.call("09012345678", to="PJSIP/1001")
    call.answer("PJSIP/1001")
    await asker.heard(ev.BridgeEntered)
    spy = cmd.Spy(PBX, OWN, Endpoint("PJSIP/1004"), asker.channel("PJSIP/1001"), cmd.SpyMode.LISTEN)
    assert await asker.perform(spy) == Done()
    call.hang_up()
    await asker.heard(ev.ChannelEnded, lambda event: event.channel == OWN)
    assert not simulator.exchange.channels


async def test_pausing_and_queues(asker: Asker) -> None:
    orders = QueueId("orders")
    pause = cmd.Pause(PBX, (Membership(orders, "PJSIP/1001"),), True, "昼休み")
    assert await asker.perform(pause) == Done()
    assert await asker.perform(cmd.AddMember(PBX, orders, Endpoint("PJSIP/1004"), 0, "D")) == Done()
    assert await asker.perform(cmd.RemoveMember(PBX, orders, Endpoint("PJSIP/1004"), "PJSIP/1004")) == Done()
    nobody = cmd.Pause(PBX, (Membership(orders, "PJSIP/1777"),), True, "")
    assert code(await asker.perform(nobody)) is RefusalCode.NOT_FOUND
    none = cmd.AddMember(PBX, QueueId("none"), Endpoint("PJSIP/1004"), 0, "")
    assert code(await asker.perform(none)) is RefusalCode.NOT_FOUND


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (cmd.BeginTransfer(PBX, ChannelId("c"), "1004"), RefusalCode.NOT_SUPPORTED),
        (cmd.CancelTransfer(PBX, ChannelId("c")), RefusalCode.NOT_SUPPORTED),
        (cmd.Park(PBX, ChannelId("c"), ChannelId("d")), RefusalCode.NOT_SUPPORTED),
        (cmd.StartRecording(PBX, ChannelId("c"), "x.wav"), RefusalCode.NOT_PERMITTED_AT_PBX),
        (cmd.SetHold(PBX, ChannelId("c"), True), RefusalCode.NOT_PERMITTED_AT_PBX),
        (cmd.MuteRecording(PBX, (ChannelId("c"),), True), RefusalCode.NOT_FOUND),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_it_cannot_it_refuses_as_asterisk_does(
    asker: Asker, command: cmd.Command, expected: RefusalCode
) -> None:
    assert code(await asker.perform(command)) is expected


async def test_a_call_taken_over_ends_by_itself(
    asker: Asker, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialled_call, "TALKS_FOR_S", 0.05)
    assert await asker.perform(originate("09012345678")) == Done()
    await asker.heard(ev.ChannelEnded, lambda event: event.channel == OWN)
    async with asyncio.timeout(5):
        while simulator.exchange.channels:
            await asyncio.sleep(0)
    assert simulator.exchange.devices["PJSIP/1001"].state == 1
