"""Commands over AMI without an Asterisk: what is sent, and what is made of answers, silence and loss."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from cti_bridge.calls import commands as cmd
from cti_bridge.calls import events as ev
from cti_bridge.calls.commands import Done, Membership, RefusalCode, Refused, Result, Unconfirmed
from cti_bridge.calls.ids import BridgeId, ChannelId, Endpoint, PbxId, QueueId
from cti_bridge.calls.queue_events import DeviceUse, MemberChanged, MemberRemoved
from cti_bridge.clock import Clock
from cti_bridge.errors import UsageError
from cti_bridge.pbx import ami_actions
from cti_bridge.pbx.ami_actions import AmiActions
from cti_bridge.pbx.ami_commands import AmiCommands
from cti_bridge.pbx.ami_message import Block, read_headers
from cti_bridge.pbx.ami_plans import Patience

MAIN = PbxId("main")
OWN, OTHER = ChannelId("cti-1"), ChannelId("100.1")
ORDERS = QueueId("orders")
HANG_UP = cmd.HangUp(MAIN, OTHER)
ORIGINATE = cmd.Originate(MAIN, OWN, Endpoint("PJSIP/1001"), "1004", "")
SPY = cmd.Spy(MAIN, OWN, Endpoint("PJSIP/1006"), OTHER, cmd.SpyMode.LISTEN)
ENDED = ev.ChannelEnded(MAIN, 0.0, OTHER, 16)


class Asterisk:
    """Answers each action as it is told; ``sent`` holds what came."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        self.told: list[ev.CallEvent] = []
        self.answers: dict[str, str | None] = {"Getvar": "Response: Success\r\nValue: 1"}
        self.actions: AmiActions | None = AmiActions(self._write)
        patience = Patience(answer_s=0.1, event_s=0.1, hold_s=0.1, keys_s=0.1, ring_s=0.1)
        self.commands = AmiCommands(MAIN, "agents", lambda: self.actions, Clock(), patience)
        self._asked = asyncio.Event()

    def _write(self, data: bytes) -> None:
        headers, _ = read_headers(Block(data.removesuffix(b"\r\n\r\n")))
        self.sent.append(headers)
        self._asked.set()
        answer = self.answers.get(headers["Action"], "Response: Success")
        if answer is not None:
            asyncio.get_running_loop().call_soon(self._answer, answer, headers["ActionID"])

    def _answer(self, answer: str, action_id: str) -> None:
        if self.actions is not None:
            self.actions.take(_headers(f"{answer}\r\nActionID: {action_id}"))

    def say(self, *events: ev.CallEvent) -> None:
        self.commands.confirmations.take(events)

    async def asked(self, action: str) -> dict[str, str]:
        async with asyncio.timeout(5):
            while not any(one["Action"] == action for one in self.sent):
                self._asked.clear()
                await self._asked.wait()
        return next(one for one in self.sent if one["Action"] == action)

    async def perform(self, command: cmd.Command) -> Result:
        return await self.commands.perform(command, self.told.append)

    def begin(self, command: cmd.Command) -> asyncio.Task[Result]:
        return asyncio.create_task(self.perform(command))

    def follow(self, text: str) -> bool:
        """An event that bears the Originate's ActionID."""
        action_id = next(one for one in self.sent if one["Action"] == "Originate")["ActionID"]
        assert self.actions is not None
        return self.actions.take(_headers(f"Event: OriginateResponse\r\n{text}\r\nActionID: {action_id}"))


def _headers(text: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in text.split("\r\n"))


@pytest.fixture
async def asterisk() -> AsyncIterator[Asterisk]:
    asterisk = Asterisk()
    yield asterisk
    assert not asterisk.commands.confirmations._waiting
    if asterisk.actions is not None:
        asterisk.actions.fail("test over")
        assert not asterisk.actions._waiting_for_loss


def code(result: Result) -> RefusalCode:
    assert isinstance(result, Refused), result
    return result.code


# -- confirmed, or not ------------------------------------------------------------------------


async def test_done_by_the_event_not_by_the_answer(asterisk: Asterisk) -> None:
    asking = asterisk.begin(HANG_UP)
    await asterisk.asked("Hangup")
    asterisk.say(ev.ChannelEnded(MAIN, 0.0, ChannelId("100.2"), 16), ev.ChannelRang(MAIN, 0.0, OTHER))
    await asyncio.sleep(0)
    assert not asking.done()
    asterisk.say(ENDED)
    assert await asking == Done()


async def test_the_event_may_come_before_the_answer(asterisk: Asterisk) -> None:
    asterisk.answers["Hangup"] = None
    asking = asterisk.begin(HANG_UP)
    sent = await asterisk.asked("Hangup")
    asterisk.say(ENDED)
    asterisk._answer("Response: Success", sent["ActionID"])
    assert await asking == Done()


async def test_an_answer_alone_is_no_success(asterisk: Asterisk) -> None:
    result = await asterisk.perform(HANG_UP)
    assert isinstance(result, Unconfirmed)
    assert 0.1 <= result.waited_s < 2


async def test_no_answer_at_all(asterisk: Asterisk) -> None:
    asterisk.answers["Hangup"] = None
    assert isinstance(await asterisk.perform(HANG_UP), Unconfirmed)


async def test_nothing_is_kept_while_nobody_waits(asterisk: Asterisk) -> None:
    asterisk.say(*[ENDED] * 1000)
    assert isinstance(await asterisk.perform(HANG_UP), Unconfirmed)


async def test_two_wait_for_one_event(asterisk: Asterisk) -> None:
    asking = [asterisk.begin(HANG_UP) for _ in range(2)]
    await asterisk.asked("Hangup")
    while len(asterisk.commands.confirmations._waiting) < 2:
        await asyncio.sleep(0)
    asterisk.say(ENDED)
    assert await asyncio.gather(*asking) == [Done(), Done()]


# -- away, lost ---------------------------------------------------------------------------------


async def test_without_a_connection_nothing_is_asked(asterisk: Asterisk) -> None:
    asterisk.actions = None
    assert code(await asterisk.perform(HANG_UP)) is RefusalCode.PBX_AWAY
    asterisk.actions = AmiActions(asterisk._write)
    asterisk.actions.fail("the PBX closed the connection")
    assert code(await asterisk.perform(HANG_UP)) is RefusalCode.PBX_AWAY
    assert asterisk.sent == []


@pytest.mark.parametrize("is_answered", [False, True])
async def test_lost_while_waiting(asterisk: Asterisk, is_answered: bool) -> None:
    if not is_answered:
        asterisk.answers["Hangup"] = None
    asking = asterisk.begin(HANG_UP)
    await asterisk.asked("Hangup")
    await asyncio.sleep(0)
    assert asterisk.actions is not None
    asterisk.actions.fail("the PBX closed the connection")
    result = await asking
    assert isinstance(result, Unconfirmed)
    assert "closed the connection" in result.detail


async def test_a_pbx_that_stopped_reading(asterisk: Asterisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_actions, "MAX_UNANSWERED", 0)
    assert code(await asterisk.perform(HANG_UP)) is RefusalCode.PBX_AWAY


async def test_lost_while_the_target_is_looked_up(asterisk: Asterisk) -> None:
    asterisk.answers["Getvar"] = None
    transfer = cmd.BlindTransfer(MAIN, OTHER, "1004")
    assert code(await asterisk.perform(transfer)) is RefusalCode.PBX_AWAY
    assert [one["Action"] for one in asterisk.sent] == ["Getvar"]


# -- refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Permission denied", RefusalCode.NOT_PERMITTED_AT_PBX),
        ("No such channel", RefusalCode.NOT_FOUND),
        ("Invalid/unknown command: Hangup. Use Action: ListCommands", RefusalCode.NOT_SUPPORTED),
        ("Something new", RefusalCode.FAILED),
    ],
)
async def test_asterisks_refusals(asterisk: Asterisk, message: str, expected: RefusalCode) -> None:
    asterisk.answers["Hangup"] = f"Response: Error\r\nMessage: {message}"
    assert code(await asterisk.perform(HANG_UP)) is expected


async def test_a_refusal_without_a_word(asterisk: Asterisk) -> None:
    asterisk.answers["Hangup"] = "Response: Error"
    assert code(await asterisk.perform(HANG_UP)) is RefusalCode.FAILED


async def test_a_target_that_cannot_be_looked_up_is_tried(asterisk: Asterisk) -> None:
    asterisk.answers["Getvar"] = "Response: Error\r\nMessage: Permission denied"
    asking = asterisk.begin(cmd.BlindTransfer(MAIN, OTHER, "1004"))
    sent = await asterisk.asked("BlindTransfer")
    asterisk.say(ev.BlindTransferred(MAIN, 0.0, OTHER, "1004"))
    assert await asking == Done()
    assert (sent["Context"], sent["Exten"]) == ("agents", "1004")


async def test_text_that_would_be_a_header_is_a_fault_of_ours(asterisk: Asterisk) -> None:
    pause = cmd.Pause(MAIN, (Membership(ORDERS, "PJSIP/1001"),), True, "x\r\nAction: Command")
    with pytest.raises(UsageError):
        await asterisk.perform(pause)
    with pytest.raises(UsageError):
        await asterisk.perform(cmd.StartRecording(MAIN, OTHER, "../../x.wav"))
    with pytest.raises(UsageError):
        await asterisk.perform(cmd.StartRecording(MAIN, OTHER, "x.wav,b,touch /tmp/x"))
    assert asterisk.sent == []


# -- calls of ours --------------------------------------------------------------------------------


async def test_a_call_is_asked_for_by_a_name_of_ours(asterisk: Asterisk) -> None:
    command = cmd.Originate(MAIN, OWN, Endpoint("PJSIP/1001"), "0901234", '山田, "太郎"')
    asking = asterisk.begin(command)
    sent = await asterisk.asked("Originate")
    assert sent | {"ActionID": ""} == {
        "Action": "Originate",
        "ActionID": "",
        "Async": "true",
        "Channel": "PJSIP/1001",
        "ChannelId": "cti-1",
        "OtherChannelId": "cti-1-2",
        "Context": "agents",
        "Exten": "0901234",
        "Priority": "1",
        "Timeout": "100",
        "Variable": "CONNECTEDLINE(num,i)=0901234,CONNECTEDLINE(name,i)=山田   太郎",
    }
    assert asterisk.told == [ev.CallOriginated(MAIN, asterisk.told[0].at_s, OWN, "0901234", ev.Purpose.CALL)]
    asterisk.say(ev.ChannelRang(MAIN, 0.0, OWN))
    assert await asking == Done()


async def test_a_telephone_that_answers_by_itself_need_not_ring(asterisk: Asterisk) -> None:
    asking = asterisk.begin(ORIGINATE)
    await asterisk.asked("Originate")
    asterisk.say(ev.ChannelAnswered(MAIN, 0.0, OWN))
    assert await asking == Done()


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (17, RefusalCode.BUSY),
        (21, RefusalCode.BUSY),
        (20, RefusalCode.UNREACHABLE),
        (0, RefusalCode.UNREACHABLE),
    ],
)
async def test_why_a_telephone_was_not_rung(asterisk: Asterisk, cause: int, expected: RefusalCode) -> None:
    asking = asterisk.begin(ORIGINATE)
    await asterisk.asked("Originate")
    asterisk.say(ev.CallerIdentified(MAIN, 0.0, OWN, "1001", ""))
    # It says less than the channel's end that follows.
    assert asterisk.follow("Response: Failure\r\nReason: 0\r\nUniqueid: <unknown>")
    await asyncio.sleep(0)
    assert not asking.done()
    asterisk.say(ev.ChannelEnded(MAIN, 0.0, OWN, cause))
    assert code(await asking) is expected
    assert [type(one) for one in asterisk.told] == [ev.CallOriginated]


async def test_a_telephone_that_does_not_exist(asterisk: Asterisk) -> None:
    asking = asterisk.begin(ORIGINATE)
    await asterisk.asked("Originate")
    assert asterisk.follow("Response: Failure\r\nReason: 0\r\nUniqueid: <unknown>")
    assert code(await asking) is RefusalCode.UNREACHABLE
    assert [type(one) for one in asterisk.told] == [ev.CallOriginated, ev.ChannelEnded]
    assert not asterisk.follow("Response: Failure\r\nReason: 0")


async def test_success_of_the_originating_says_nothing_of_the_ring(asterisk: Asterisk) -> None:
    asking = asterisk.begin(SPY)
    await asterisk.asked("Originate")
    assert asterisk.follow("Response: Success\r\nReason: 4")
    asterisk.say(ev.ChannelRang(MAIN, 0.0, OWN), ev.ChannelAnswered(MAIN, 0.0, OWN))
    await asyncio.sleep(0)
    assert not asking.done()
    asterisk.say(ev.SpyStarted(MAIN, 0.0, OWN, OTHER))
    assert await asking == Done()


async def test_a_call_that_was_not_seen_to_ring_is_taken_back(asterisk: Asterisk) -> None:
    assert isinstance(await asterisk.perform(ORIGINATE), Unconfirmed)
    assert asterisk.sent[-1]["Action"] == "Hangup"
    assert asterisk.sent[-1]["Channel"] == OWN


@pytest.mark.parametrize(("mode", "options"), [("listen", "quE"), ("whisper", "quwE"), ("barge", "quBE")])
async def test_how_a_call_is_listened_to(asterisk: Asterisk, mode: str, options: str) -> None:
    spy = cmd.Spy(MAIN, OWN, Endpoint("PJSIP/1006"), OTHER, cmd.SpyMode(mode))
    asking = asterisk.begin(spy)
    sent = await asterisk.asked("Originate")
    assert (sent["Application"], sent["Data"]) == ("ChanSpy", f"{OTHER},{options}")
    asterisk.say(ev.SpyStarted(MAIN, 0.0, OWN, OTHER))
    assert await asking == Done()


# -- members, recordings, transfers ------------------------------------------------------------------


async def test_a_pause_waits_for_every_queue(asterisk: Asterisk) -> None:
    def changed(queue: str, interface: str, is_paused: bool) -> MemberChanged:
        phone = Endpoint("PJSIP/1001")
        idle = DeviceUse.IDLE
        return MemberChanged(MAIN, 0.0, QueueId(queue), phone, "", is_paused, "", idle, interface)

    members = (
        Membership(ORDERS, "PJSIP/1001"),
        Membership(QueueId("quick"), "PJSIP/1001"),
        Membership(QueueId("locals"), "Local/1001@agents"),
    )
    asking = asterisk.begin(cmd.Pause(MAIN, members, True, "昼休み"))
    await asterisk.asked("QueuePause")
    asterisk.say(changed("orders", "PJSIP/1001", True), changed("quick", "PJSIP/1001", False))
    asterisk.say(changed("locals", "Local/1001@agents", True))
    await asyncio.sleep(0)
    assert not asking.done()
    asterisk.say(changed("quick", "PJSIP/1001", True))
    assert await asking == Done()
    assert [one["Interface"] for one in asterisk.sent] == ["PJSIP/1001", "Local/1001@agents"]
    assert all("Queue" not in one for one in asterisk.sent)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            cmd.AddMember(MAIN, ORDERS, Endpoint("PJSIP/1001"), 0, ""),
            "Unable to add interface: Already there",
        ),
        (
            cmd.RemoveMember(MAIN, ORDERS, Endpoint("PJSIP/1001"), "PJSIP/1001"),
            "Unable to remove interface: Not there",
        ),
    ],
)
async def test_what_is_already_so_is_done(asterisk: Asterisk, command: cmd.Command, message: str) -> None:
    for action in ("QueueAdd", "QueueRemove"):
        asterisk.answers[action] = f"Response: Error\r\nMessage: {message}"
    assert await asterisk.perform(command) == Done()


async def test_a_recording_is_looked_for_on_each_channel(asterisk: Asterisk) -> None:
    asked: list[str] = []
    write = asterisk._write

    def answer(data: bytes) -> None:
        headers, _ = read_headers(Block(data.removesuffix(b"\r\n\r\n")))
        asked.append(headers["Channel"])
        is_recorded = headers["Channel"] == "b"
        refusal = "Response: Error\r\nMessage: Cannot set mute flag"
        asterisk.answers["MixMonitorMute"] = "Response: Success" if is_recorded else refusal
        write(data)

    asterisk.actions = AmiActions(answer)
    channels = (ChannelId("a"), ChannelId("b"), ChannelId("c"))
    asking = asterisk.begin(cmd.MuteRecording(MAIN, channels, True))
    while len(asked) < 2:
        await asyncio.sleep(0)
    asterisk.say(ev.RecordingMuted(MAIN, 0.0, ChannelId("b"), False))
    asterisk.say(ev.RecordingMuted(MAIN, 0.0, ChannelId("b"), True))
    assert await asking == Done()
    assert asked == ["a", "b"]
    nowhere = cmd.MuteRecording(MAIN, (ChannelId("a"), ChannelId("c")), True)
    assert code(await asterisk.perform(nowhere)) is RefusalCode.WRONG_STATE


async def test_joining_both_that_joined_nobody(asterisk: Asterisk) -> None:
    asking = asterisk.begin(cmd.CompleteTransfer(MAIN, OTHER))
    await asterisk.asked("Hangup")
    asterisk.say(ENDED)
    assert code(await asking) is RefusalCode.FAILED


@pytest.mark.parametrize("is_heard", [False, True])
async def test_a_word_that_never_began(asterisk: Asterisk, is_heard: bool) -> None:
    asking = asterisk.begin(cmd.BeginTransfer(MAIN, OTHER, "1004"))
    await asterisk.asked("Atxfer")
    if is_heard:
        asterisk.say(ev.HoldStarted(MAIN, 0.0, OTHER))
    result = await asking
    if is_heard:
        assert isinstance(result, Unconfirmed)
    else:
        assert code(result) is RefusalCode.NOT_SUPPORTED


@pytest.mark.parametrize(
    ("command", "action", "event"),
    [
        (
            cmd.BeginTransfer(MAIN, OTHER, "1004"),
            "Atxfer",
            ev.BridgeEntered(MAIN, 0.0, OTHER, BridgeId("b"), OTHER),
        ),
        (
            cmd.CancelTransfer(MAIN, OTHER),
            "CancelAtxfer",
            ev.BridgeEntered(MAIN, 0.0, OTHER, BridgeId("b"), OTHER),
        ),
        (
            cmd.CompleteTransfer(MAIN, OTHER),
            "Hangup",
            ev.AttendedTransferred(MAIN, 0.0, OWN, OTHER),
        ),
        (cmd.Park(MAIN, OTHER, OWN), "Park", ev.CallParked(MAIN, 0.0, OTHER, "", None)),
        (cmd.SetHold(MAIN, OTHER, True), "PJSIPNotify", ev.HoldStarted(MAIN, 0.0, OTHER)),
        (cmd.SetHold(MAIN, OTHER, False), "PJSIPNotify", ev.HoldEnded(MAIN, 0.0, OTHER)),
        (cmd.StartRecording(MAIN, OTHER, "x.wav"), "MixMonitor", ev.RecordingStarted(MAIN, 0.0, OTHER)),
        (
            cmd.RemoveMember(MAIN, ORDERS, Endpoint("PJSIP/1004"), "Local/1004@agents/n"),
            "QueueRemove",
            MemberRemoved(MAIN, 0.0, ORDERS, Endpoint("Local/1004")),
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
)
async def test_the_event_that_confirms(
    asterisk: Asterisk, command: cmd.Command, action: str, event: ev.CallEvent
) -> None:
    asking = asterisk.begin(command)
    await asterisk.asked(action)
    asterisk.say(event)
    assert await asking == Done()
