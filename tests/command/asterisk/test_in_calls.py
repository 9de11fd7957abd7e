"""What a real Asterisk does with a call that goes on: hang up, transfer, park, hold, record."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from cti_bridge.calls import commands as cmd
from cti_bridge.calls import events as ev
from cti_bridge.calls.commands import Done, RefusalCode, Refused, Result
from cti_bridge.calls.ids import ChannelId
from cti_bridge.pbx.ami_plans import Patience
from tests.command.asterisk.asker import PBX, Asker
from tests.rig.asterisk import AsteriskRig
from tests.rig.phone_shop import PhoneShop
from tests.rig.sip_call import Call

pytestmark = pytest.mark.asterisk
GONE = ChannelId("gone.1")


def code(result: Result) -> RefusalCode:
    assert isinstance(result, Refused), result
    return result.code


@dataclass
class Talk:
    """A customer and agent 1002. ``own`` is the agent's channel, ``other`` the customer's."""

    asker: Asker
    customer: Call
    agent: Call
    own: ChannelId
    other: ChannelId

    async def perform(self, command: cmd.Command) -> Result:
        return await self.asker.perform(command)


@pytest.fixture
async def talk(asker: Asker, phones: PhoneShop) -> AsyncIterator[Talk]:
    customer, agent = await asker.talk(phones, media=True)
    yield Talk(asker, customer, agent, asker.channel("PJSIP/1002"), asker.channel("PJSIP/trunk"))


async def test_hanging_up(talk: Talk) -> None:
    assert await talk.perform(cmd.HangUp(PBX, talk.own)) == Done()
    await talk.agent.reached("ended")
    await talk.customer.reached("ended")
    assert code(await talk.perform(cmd.HangUp(PBX, talk.own))) is RefusalCode.NOT_FOUND


async def test_refusing_a_ring(asker: Asker, phones: PhoneShop) -> None:
    agent, outside = await phones.agent("1002"), await phones.outside()
    dialling = asyncio.create_task(outside.call("0312341002", caller="<sip:09012345678@127.0.0.2>"))
    ring = await agent.ringing()
    await asker.heard(ev.ChannelRang)
    assert await asker.perform(cmd.HangUp(PBX, asker.channel("PJSIP/1002"))) == Done()
    await ring.reached("ended")
    await dialling


async def test_sending_a_call_on(talk: Talk, phones: PhoneShop) -> None:
    target = await phones.agent("1004")
    assert await talk.perform(cmd.BlindTransfer(PBX, talk.own, "1004")) == Done()
    await talk.agent.reached("ended")
    await (await target.ringing()).answer()
    assert talk.customer.state == "talking"


async def test_sending_a_call_nowhere_keeps_the_customer(talk: Talk) -> None:
    assert code(await talk.perform(cmd.BlindTransfer(PBX, talk.own, "9999"))) is RefusalCode.NOT_FOUND
    assert code(await talk.perform(cmd.BeginTransfer(PBX, talk.own, "9999"))) is RefusalCode.NOT_FOUND
    assert code(await talk.perform(cmd.BlindTransfer(PBX, talk.own, "1,2"))) is RefusalCode.BAD_NUMBER
    assert code(await talk.perform(cmd.BeginTransfer(PBX, talk.own, "+8190"))) is RefusalCode.BAD_NUMBER
    assert (talk.agent.state, talk.customer.state) == ("talking", "talking")


@pytest.mark.parametrize(
    "command",
    [
        cmd.BlindTransfer(PBX, GONE, "1004"),
        cmd.BeginTransfer(PBX, GONE, "1004"),
        cmd.CompleteTransfer(PBX, GONE),
        cmd.CancelTransfer(PBX, GONE),
        cmd.HangUp(PBX, GONE),
        cmd.Park(PBX, GONE, GONE),
        cmd.MuteRecording(PBX, (GONE,), True),
        cmd.StartRecording(PBX, GONE, "x.wav"),
        cmd.SetHold(PBX, GONE, True),
    ],
    ids=lambda command: type(command).__name__,
)
async def test_a_channel_that_is_gone(powerful: Asker, command: cmd.Command) -> None:
    assert code(await powerful.perform(command)) is RefusalCode.NOT_FOUND


async def test_a_call_that_still_rings_is_not_sent_on(asker: Asker, phones: PhoneShop) -> None:
    agent, outside = await phones.agent("1002"), await phones.outside()
    dialling = asyncio.create_task(outside.call("0312341002", caller="<sip:09012345678@127.0.0.2>"))
    await agent.ringing()
    await asker.heard(ev.ChannelRang)
    transfer = cmd.BlindTransfer(PBX, asker.channel("PJSIP/1002"), "1004")
    assert code(await asker.perform(transfer)) is RefusalCode.WRONG_STATE
    await outside.calls[-1].hangup()
    await dialling


async def test_a_word_with_the_target_then_joining_both(talk: Talk, phones: PhoneShop) -> None:
    target = await phones.agent("1004", media=True)
    assert await talk.perform(cmd.BeginTransfer(PBX, talk.own, "1004")) == Done()
    call = await target.ringing()
    assert call.caller == "1002"
    await call.answer()
    assert await talk.perform(cmd.CompleteTransfer(PBX, talk.own)) == Done()
    await talk.agent.reached("ended")
    assert (call.state, talk.customer.state) == ("talking", "talking")


async def test_joining_both_while_the_target_still_rings(talk: Talk, phones: PhoneShop) -> None:
    target = await phones.agent("1004", media=True)
    assert await talk.perform(cmd.BeginTransfer(PBX, talk.own, "1004")) == Done()
    call = await target.ringing()
    assert await talk.perform(cmd.CompleteTransfer(PBX, talk.own)) == Done()
    await call.answer()
    assert talk.customer.state == "talking"


@pytest.mark.parametrize("is_answered", [False, True])
async def test_taking_the_call_back_from_a_target(talk: Talk, phones: PhoneShop, is_answered: bool) -> None:
    target = await phones.agent("1004", media=True)
    assert await talk.perform(cmd.BeginTransfer(PBX, talk.own, "1004")) == Done()
    call = await target.ringing()
    if is_answered:
        await call.answer()
        await talk.asker.heard(
            ev.BridgeEntered, lambda event: event.channel == talk.asker.channel("PJSIP/1004")
        )
    assert await talk.perform(cmd.CancelTransfer(PBX, talk.own)) == Done()
    await call.reached("ended")
    tables = talk.asker.live.tables(PBX)
    assert tables.channels[talk.own].bridge == tables.channels[talk.other].bridge is not None
    assert (talk.agent.state, talk.customer.state) == ("talking", "talking")


async def test_a_word_with_somebody_outside(talk: Talk, phones: PhoneShop) -> None:
    carrier = await phones.carrier()
    assert await talk.perform(cmd.BeginTransfer(PBX, talk.own, "0311112222")) == Done()
    assert (await carrier.ringing()).caller == "1002"


async def test_a_call_that_may_not_be_transferred_by_its_side(
    asterisk: AsteriskRig, phones: PhoneShop
) -> None:
    async with Asker(asterisk, patience=Patience(keys_s=1.0)) as asker:
        await asker.talk(phones)
        # It is the agent's side that Dial's option t lets transfer.
        result = await asker.perform(cmd.BeginTransfer(PBX, asker.channel("PJSIP/trunk"), "1004"))
        assert code(result) is RefusalCode.NOT_SUPPORTED


async def test_parking_and_fetching(talk: Talk, phones: PhoneShop) -> None:
    parked = await talk.perform(cmd.Park(PBX, talk.other, by=talk.own))
    assert isinstance(parked, Done)
    assert parked.detail == "701"
    await talk.agent.reached("ended")
    fetching = await phones.agent("1004")
    await fetching.call(parked.detail)
    assert talk.customer.state == "talking"


async def test_silencing_a_recording(talk: Talk, asterisk: AsteriskRig) -> None:
    def mute(is_muted: bool) -> cmd.MuteRecording:
        return cmd.MuteRecording(PBX, (talk.own, talk.other), is_muted)

    assert code(await talk.perform(mute(True))) is RefusalCode.WRONG_STATE
    # As the dialplan does it: on the customer's channel, which is asked second.
    shown = asterisk.cli("core show channels concise")
    [name] = [line.split("!")[0] for line in shown.splitlines() if line.startswith("PJSIP/trunk")]
    asterisk.cli(f"mixmonitor start {name} cti-test.wav")
    assert await talk.perform(mute(True)) == Done()
    assert talk.asker.live.tables(PBX).channels[talk.other].call.is_recording_muted
    assert await talk.perform(mute(True)) == Done()
    assert await talk.perform(mute(False)) == Done()
    assert not talk.asker.live.tables(PBX).channels[talk.other].call.is_recording_muted


async def test_recording_needs_a_powerful_user(talk: Talk, powerful: Asker, asterisk: AsteriskRig) -> None:
    wish = cmd.StartRecording(PBX, talk.own, "20260408T010000-main-1.wav")
    refused = await talk.perform(wish)
    assert isinstance(refused, Refused)
    assert refused.code is RefusalCode.NOT_PERMITTED_AT_PBX
    assert "'system'" in refused.detail
    assert await powerful.perform(wish) == Done()
    # The two connections hear of it one after the other.
    await talk.asker.heard(ev.RecordingStarted, lambda event: event.channel == talk.own)
    assert talk.asker.live.tables(PBX).channels[talk.own].call.is_recorded
    # The file is opened with the first audio, which may come after the event.
    file = asterisk.home / "spool" / "monitor" / wish.file
    async with asyncio.timeout(5):
        while not file.exists():
            await asyncio.sleep(0.01)


async def test_hold_needs_a_powerful_user_and_a_telephone_that_listens(
    talk: Talk, asterisk: AsteriskRig, phones: PhoneShop
) -> None:
    wish = cmd.SetHold(PBX, talk.own, True)
    assert code(await talk.perform(wish)) is RefusalCode.NOT_PERMITTED_AT_PBX
    async with Asker(asterisk, user="powerful", patience=Patience(hold_s=1.0)) as powerful:
        assert code(await powerful.perform(wish)) is RefusalCode.NOT_SUPPORTED
        assert talk.agent.phone.received("NOTIFY") == 1
        # A telephone that does as it is asked.
        asking = asyncio.create_task(powerful.perform(wish))
        await talk.agent.hold()
        assert await asking == Done()
        asking = asyncio.create_task(powerful.perform(cmd.SetHold(PBX, talk.own, False)))
        await talk.agent.resume()
        assert await asking == Done()


@pytest.mark.parametrize(
    ("command", "grant"),
    [
        (cmd.BlindTransfer(PBX, GONE, "1004"), "call"),
        (cmd.BeginTransfer(PBX, GONE, "1004"), "call"),
        (cmd.CompleteTransfer(PBX, GONE), "call"),
        (cmd.CancelTransfer(PBX, GONE), "call"),
        (cmd.HangUp(PBX, GONE), "call"),
        (cmd.Park(PBX, GONE, GONE), "call"),
        (cmd.MuteRecording(PBX, (GONE,), True), "call"),
        (cmd.StartRecording(PBX, GONE, "x.wav"), "system"),
        (cmd.SetHold(PBX, GONE, True), "system"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_a_user_without_the_class(onlooker: Asker, command: cmd.Command, grant: str) -> None:
    result = await onlooker.perform(command)
    assert isinstance(result, Refused)
    assert result.code is RefusalCode.NOT_PERMITTED_AT_PBX
    assert repr(grant) in result.detail


async def test_a_module_that_is_not_loaded(powerful: Asker, asterisk: AsteriskRig) -> None:
    asterisk.cli("module unload res_pjsip_notify.so")
    try:
        result = await powerful.perform(cmd.SetHold(PBX, GONE, True))
    finally:
        asterisk.cli("module load res_pjsip_notify.so")
    assert code(result) is RefusalCode.NOT_SUPPORTED


async def test_the_customer_hangs_up_before_it_was_parked(talk: Talk) -> None:
    await talk.customer.hangup()
    await talk.asker.heard(ev.ChannelEnded, lambda event: event.channel == talk.other)
    assert code(await talk.perform(cmd.Park(PBX, talk.other, by=talk.own))) is RefusalCode.NOT_FOUND
