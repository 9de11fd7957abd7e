"""Calls that we have a real Asterisk make: click to call, and a supervisor who listens."""

import asyncio

import pytest

from cti_bridge.calls import commands as cmd
from cti_bridge.calls import events as ev
from cti_bridge.calls.commands import Done, RefusalCode, Refused, Unconfirmed
from cti_bridge.calls.ids import ChannelId, Endpoint
from cti_bridge.pbx.ami_plans import Patience
from tests.command.asterisk.asker import PBX, Asker
from tests.rig.asterisk import AsteriskRig
from tests.rig.phone_shop import PhoneShop

pytestmark = pytest.mark.asterisk
OWN = ChannelId("cti-test-1")


def originate(number: str = "09055556666", agent: str = "1001", name: str = "山田 太郎") -> cmd.Originate:
    return cmd.Originate(PBX, OWN, Endpoint(f"PJSIP/{agent}"), number, name)


async def test_a_click_rings_the_agent_then_the_customer_and_shows_each_the_other(
    asker: Asker, phones: PhoneShop
) -> None:
    agent, carrier = await phones.agent("1001"), await phones.carrier()
    assert await asker.perform(originate()) == Done()
    ring = await agent.ringing()
    assert ring.caller == "09055556666"
    assert asker.live.tables(PBX).channels[OWN].endpoint == "PJSIP/1001"
    await ring.answer()
    customer = await carrier.ringing()
    # The customer sees whom they would see had the agent dialled by hand.
    assert customer.caller == "1001"
    await customer.answer()
    await asker.heard(ev.BridgeEntered, lambda event: event.channel == OWN)


async def test_we_tell_of_the_call_before_asterisk_does(asker: Asker, phones: PhoneShop) -> None:
    await phones.agent("1001")
    await asker.perform(originate("1004"))
    ours = [event for event in asker.events if getattr(event, "channel", "") == OWN]
    assert isinstance(ours[0], ev.CallOriginated)
    assert (ours[0].number, ours[0].purpose) == ("1004", ev.Purpose.CALL)
    assert isinstance(ours[1], ev.ChannelCreated)


async def test_a_name_cannot_break_out(asker: Asker, phones: PhoneShop) -> None:
    agent = await phones.agent("1001")
    hostile = 'a",CALLERID(num)=110,b="${SHELL(x)}'
    assert await asker.perform(originate("1004", name=hostile)) == Done()
    ring = await agent.ringing()
    assert ring.caller == "1004"
    assert asker.live.tables(PBX).channels[OWN].endpoint == "PJSIP/1001"


async def test_a_telephone_that_does_not_exist(asker: Asker) -> None:
    result = await asker.perform(originate(agent="1777"))
    assert isinstance(result, Refused)
    assert result.code is RefusalCode.UNREACHABLE
    # Nothing waits for a channel that will never be.
    assert isinstance(asker.events[-1], ev.ChannelEnded)


async def test_a_busy_telephone(asker: Asker, phones: PhoneShop) -> None:
    agent = await phones.agent("1001")
    asking = asyncio.create_task(asker.perform(originate("1004")))
    ring = await agent.ringing()
    await ring.reject(486)
    # It rang first: that is what a click asks for; the end comes as any call's.
    assert await asking == Done()
    ended = await asker.heard(ev.ChannelEnded, lambda event: event.channel == OWN)
    assert ended.cause == 17


async def test_a_telephone_that_is_switched_off_is_not_rung_later(asterisk: AsteriskRig) -> None:
    async with Asker(asterisk, patience=Patience(event_s=0.5)) as asker:
        result = await asker.perform(originate("1004", agent="1005"))
        assert isinstance(result, Unconfirmed)
        await asker.heard(ev.ChannelEnded, lambda event: event.channel == OWN)


async def test_a_number_that_leads_nowhere_rings_nobody(asker: Asker) -> None:
    result = await asker.perform(originate("9999"))
    assert isinstance(result, Refused)
    assert result.code is RefusalCode.NOT_FOUND
    assert not any(isinstance(event, ev.CallOriginated) for event in asker.events)


@pytest.mark.parametrize("number", ["", "1004,1", "1004&1005", "0x1", "${SHELL(x)}", "1" * 50, "１００４"])
async def test_what_is_no_number_never_reaches_asterisk(asker: Asker, number: str) -> None:
    result = await asker.perform(originate(number))
    assert isinstance(result, Refused)
    assert result.code is RefusalCode.BAD_NUMBER


async def test_a_user_without_the_class(onlooker: Asker) -> None:
    result = await onlooker.perform(originate("1004"))
    assert isinstance(result, Refused)
    assert result.code is RefusalCode.NOT_PERMITTED_AT_PBX
    assert "'originate'" in result.detail


@pytest.mark.parametrize("mode", list(cmd.SpyMode))
async def test_a_supervisor_hears_a_call(asker: Asker, phones: PhoneShop, mode: cmd.SpyMode) -> None:
    await asker.talk(phones)
    supervisor = await phones.agent("1006")
    target = asker.channel("PJSIP/1002")
    asking = asyncio.create_task(asker.perform(cmd.Spy(PBX, OWN, Endpoint("PJSIP/1006"), target, mode)))
    ring = await supervisor.ringing()
    assert not asking.done()
    await ring.answer()
    assert await asking == Done()
    told = await asker.heard(ev.SpyStarted)
    assert (told.channel, told.target) == (OWN, target)
    # The agent hangs up: the supervisor's telephone is let go.
    assert await asker.perform(cmd.HangUp(PBX, target)) == Done()
    await ring.reached("ended")


async def test_nobody_to_listen_to(asker: Asker, phones: PhoneShop) -> None:
    supervisor = await phones.agent("1006")
    spy = cmd.Spy(PBX, OWN, Endpoint("PJSIP/1006"), ChannelId("gone.1"), cmd.SpyMode.LISTEN)
    asking = asyncio.create_task(asker.perform(spy))
    await (await supervisor.ringing()).answer()
    result = await asking
    assert isinstance(result, Refused)
    assert result.code is RefusalCode.WRONG_STATE


async def test_a_supervisor_who_refuses_and_one_who_does_not_answer(
    asterisk: AsteriskRig, phones: PhoneShop
) -> None:
    async with Asker(asterisk, patience=Patience(ring_s=1.0)) as asker:
        await asker.talk(phones)
        supervisor = await phones.agent("1006")
        spy = cmd.Spy(PBX, OWN, Endpoint("PJSIP/1006"), asker.channel("PJSIP/1002"), cmd.SpyMode.LISTEN)
        asking = asyncio.create_task(asker.perform(spy))
        await (await supervisor.ringing()).reject(486)
        result = await asking
        assert isinstance(result, Refused)
        assert result.code is RefusalCode.BUSY
        later = cmd.Spy(PBX, ChannelId("cti-test-2"), spy.endpoint, spy.target, spy.mode)
        result = await asker.perform(later)
        assert isinstance(result, Refused)
        assert result.code is RefusalCode.UNREACHABLE
