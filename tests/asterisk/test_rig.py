"""The rig: a call does in SIP what its scenario says, and the events and the sample configuration agree."""

import asyncio
import re
import signal
from pathlib import Path
from time import monotonic

import pytest

from tests.rig import asterisk as asterisk_module
from tests.rig import ports
from tests.rig.ami import AmiListener
from tests.rig.asterisk import AsteriskFailed, AsteriskMissing, AsteriskRig
from tests.rig.asterisk_program import OnPath
from tests.rig.caller import WITHHELD, WITHHELD_LITERAL, YAMADA, Caller
from tests.rig.phone_shop import PhoneShop
from tests.rig.sipp import Sipp

pytestmark = pytest.mark.asterisk

ORDERS, SUPPORT, QUICK, LINE_1001 = "0312345678", "0312345679", "0312345677", "0312341001"


# --- calls by SIPp ------------------------------------------------------------------------------------------


async def test_ring_all_one_answers_and_the_others_are_cancelled(
    asterisk: AsteriskRig, tmp_path: Path
) -> None:
    async with (
        Sipp.agent(asterisk, tmp_path, "1001", "agent_never_answers") as first,
        Sipp.agent(asterisk, tmp_path, "1002", ring_ms=300) as second,
        Sipp.agent(asterisk, tmp_path, "1003", ring_ms=60_000) as third,
        Sipp.caller(asterisk, tmp_path, ORDERS, YAMADA, talk_ms=300) as caller,
    ):
        talked = (await caller.finished()).check()
        answered = (await second.finished()).check()
        losers = [(await first.finished()).check(), (await third.finished()).check()]
    assert talked.received("SIP/2.0 180") == 1
    assert (talked.received("SIP/2.0 200"), talked.sent("BYE")) == (2, 1)
    assert (answered.received("BYE"), answered.received("CANCEL")) == (1, 0)
    assert [loser.received("CANCEL") for loser in losers] == [1, 1]


async def test_caller_gives_up_and_every_phone_falls_silent(asterisk: AsteriskRig, tmp_path: Path) -> None:
    async with (
        Sipp.agent(asterisk, tmp_path, "1001", "agent_never_answers") as first,
        Sipp.agent(asterisk, tmp_path, "1002", "agent_never_answers") as second,
        Sipp.agent(asterisk, tmp_path, "1003", "agent_never_answers") as third,
        Sipp.caller(asterisk, tmp_path, ORDERS, scenario="caller_gives_up", ring_ms=300) as caller,
        AmiListener(asterisk) as ami,
    ):
        (await caller.finished()).check()
        for agent in (first, second, third):
            assert (await agent.finished()).check().received("CANCEL") == 1
        await ami.event("QueueCallerAbandon", Queue="orders", CallerIDNum="09012345678")


async def test_agent_holds_and_resumes(asterisk: AsteriskRig, tmp_path: Path) -> None:
    async with (
        Sipp.agent(asterisk, tmp_path, "1001", "agent_holds", ring_ms=100, talk_ms=200, hold_ms=200) as agent,
        AmiListener(asterisk) as ami,
        Sipp.caller(asterisk, tmp_path, LINE_1001, talk_ms=1000) as caller,
    ):
        (await caller.finished()).check()
        assert (await agent.finished()).check().sent("INVITE") == 2
        assert len(ami.events("Hold")) == len(ami.events("Unhold")) == 1
        await ami.event("MusicOnHoldStart", CallerIDNum="09012345678")


async def test_agent_hangs_up_first(asterisk: AsteriskRig, tmp_path: Path) -> None:
    async with (
        Sipp.agent(asterisk, tmp_path, "1001", "agent_hangs_up", ring_ms=100, talk_ms=200) as agent,
        Sipp.caller(asterisk, tmp_path, "1001", scenario="caller_stays") as caller,
    ):
        assert (await caller.finished()).check().received("BYE") == 1
        (await agent.finished()).check()


async def test_agent_rejects(asterisk: AsteriskRig, tmp_path: Path) -> None:
    async with (
        Sipp.agent(asterisk, tmp_path, "1001", "agent_rejects", ring_ms=100, status="486 Busy Here") as agent,
        Sipp.caller(asterisk, tmp_path, LINE_1001, talk_ms=0) as caller,
    ):
        refused = await caller.finished()
        (await agent.finished()).check()
    assert refused.exit_code == 1
    assert refused.received("SIP/2.0 486")
    with pytest.raises(AssertionError, match="486"):
        refused.check()


async def test_a_scenario_that_does_not_end_is_reported(asterisk: AsteriskRig, tmp_path: Path) -> None:
    async with Sipp.agent(asterisk, tmp_path, "1001", "agent_never_answers") as agent:
        with pytest.raises(AssertionError, match="agent_never_answers did not end"):
            await agent.finished(timeout_s=0.1)


# --- calls by phones that the test operates -----------------------------------------------------------------


async def test_the_test_decides_who_answers_and_when(asterisk: AsteriskRig, phones: PhoneShop) -> None:
    agents = await phones.agents("1001", "1002", "1003")
    caller = await phones.outside()
    dialled = await caller.call(ORDERS, caller=YAMADA.address, until="ringing")
    first, second, third = [await agent.ringing() for agent in agents]
    assert {call.caller for call in (first, second, third)} == {"09012345678"}
    assert "Ringing" in asterisk.cli("queue show orders")

    await second.answer()
    await dialled.reached("talking")
    assert [(await call.reached("ended")).end for call in (first, third)] == ["cancelled", "cancelled"]

    await second.hold()
    await second.resume()
    await dialled.hangup()
    assert (await second.reached("ended")).end == "bye"


async def test_unanswered_ringing_ends_and_comes_again(phones: PhoneShop, asterisk: AsteriskRig) -> None:
    agents = await phones.agents("1001", "1002")
    caller = await phones.outside()
    async with AmiListener(asterisk) as ami:
        dialled = await caller.call(QUICK, until="ringing")
        for agent in agents:
            await (await agent.ringing()).reached("ended")
        await ami.event("AgentRingNoAnswer", Interface="PJSIP/1001")
        again = await agents[0].ringing()
        await again.answer()
        await dialled.reached("talking")
        await again.hangup()
        assert (await dialled.reached("ended")).end == "bye"


async def test_a_line_that_asterisk_answers_before_an_agent_does(
    phones: PhoneShop, asterisk: AsteriskRig
) -> None:
    agents = await phones.agents("1003", "1004")
    caller = await phones.outside()
    dialled = await caller.call(SUPPORT)
    assert dialled.state == "talking"
    ringing = [asyncio.ensure_future(agent.ringing()) for agent in agents]
    done, waiting = await asyncio.wait(ringing, return_when=asyncio.FIRST_COMPLETED)
    assert (len(done), len(waiting)) == (1, 1)  # rrmemory: one at a time
    for other in waiting:
        other.cancel()
    await dialled.hangup()
    assert (await done.pop().result().reached("ended")).end == "cancelled"


@pytest.mark.parametrize("who", [WITHHELD, WITHHELD_LITERAL], ids=["trusted trunk", "literal"])
async def test_a_withheld_number_is_shown_to_nobody(
    phones: PhoneShop, asterisk: AsteriskRig, who: Caller
) -> None:
    agent = await phones.agent("1001")
    caller = await phones.outside()
    async with AmiListener(asterisk) as ami:
        await caller.call(LINE_1001, until="ringing", caller=who.address, **who.headers)
        assert (await agent.ringing()).caller == "anonymous"
        await ami.event("DialBegin", CallerIDNum="anonymous")
        # The channel is there before the dialplan can hide the number; nothing after that may tell it.
        told = [block["Event"] for block in ami.blocks if "09012345678" in block.values()]
    assert told == (["Newchannel"] if who is WITHHELD else [])


async def test_agent_dials_out_through_the_trunk(phones: PhoneShop) -> None:
    agent, carrier = await phones.agent("1001"), await phones.carrier()
    dialled = asyncio.ensure_future(agent.call("09055556666"))
    customer = await carrier.ringing()
    await customer.answer()
    await customer.reached("talking")
    assert (await dialled).state == "talking"
    await customer.hangup()
    assert (await (await dialled).reached("ended")).end == "bye"


async def test_phones_transfer_blind_and_attended(asterisk: AsteriskRig, phones: PhoneShop) -> None:
    first, second, third = await phones.agents("1001", "1004", "1005", media=True)
    caller = await phones.outside(media=True)
    async with AmiListener(asterisk) as ami:
        dialled = await caller.call(LINE_1001, caller=YAMADA.address, until="ringing")
        talk = await (await first.ringing()).answer()
        await ami.event("BridgeEnter", CallerIDNum=YAMADA.number)
        await talk.refer("1004")
        talk = await (await second.ringing()).answer()
        await ami.event("BridgeEnter", CallerIDNum="1004", ConnectedLineNum=YAMADA.number)

        await talk.hold()
        asked = asyncio.ensure_future(second.call("1005"))
        target = await (await third.ringing()).answer()
        await ami.event("BridgeEnter", CallerIDNum="1004", ConnectedLineNum="1005")
        await talk.join(await asked)
        await (await asked).reached("ended")
        await ami.event("AttendedTransfer", Result="Success")
    assert (dialled.state, target.state) == ("talking", "talking")
    await dialled.hangup()
    assert (await target.reached("ended")).end == "bye"


# --- the server itself --------------------------------------------------------------------------------------


async def test_a_second_asterisk_is_killed_and_started_again(asterisk: AsteriskRig) -> None:
    with AsteriskRig() as other:
        assert other.ami_port != asterisk.ami_port
        async with AmiListener(other) as before:
            await before.act("Ping")
            other.kill()
        with pytest.raises(AsteriskFailed, match="not running"):
            other.cli("core show uptime")
        other.start()
        async with AmiListener(other) as after:
            assert (await after.act("Ping"))["Response"] == "Success"
            other.restart()
            await after.event("Shutdown")
        assert other.channels() == 0
        home = other.home
    assert not home.exists()


def test_its_audio_leaves_the_ports_of_the_phones_alone(asterisk: AsteriskRig) -> None:
    settings = asterisk.cli("rtp show settings")
    first, last = (re.search(rf"Port {end}: +(\d+)", settings) for end in ("start", "end"))
    assert first is not None and last is not None
    assert asterisk.caller_ports()[1] < int(first[1]) < int(last[1]) < asterisk.sip_port + ports.BLOCK


def test_without_an_asterisk_the_rig_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CTI_TEST_ASTERISK_ROOT", str(tmp_path))
    with pytest.raises(AsteriskMissing, match=r"run tests/setup_system\.sh as root"):
        AsteriskRig()


def test_an_asterisk_that_dies_at_once_leaves_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dying(OnPath):
        def start(self, home: Path, *arguments: str) -> list[str]:
            return ["sh", "-c", "echo no such luck; exit 1"]

    monkeypatch.setattr(asterisk_module, "find_asterisk", Dying)
    with pytest.raises(AsteriskFailed, match="no such luck"):
        AsteriskRig().start()


def test_an_asterisk_that_fell_over_is_noticed_and_brought_back() -> None:
    before, prepared = len(AsteriskRig.crashes), []
    with AsteriskRig(prepare=lambda rig: prepared.append(rig.channels())) as rig:
        assert not rig.recover()
        assert rig._process is not None
        fallen = rig._process
        fallen.send_signal(signal.SIGSEGV)
        fallen.wait(10)
        deadline = monotonic() + 10
        while not rig.recover():
            assert monotonic() < deadline
        assert AsteriskRig.crashes[before:] == [signal.SIGSEGV]
        del AsteriskRig.crashes[before:]
        assert rig.channels() == 0
        rig.kill()
        assert not rig.recover()
    assert prepared == [0, 0]
    assert len(AsteriskRig.crashes) == before
