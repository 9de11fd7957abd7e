"""One AMI connection: what is in doubt is looked at anew, and nothing a caller chose gets into a list."""

from __future__ import annotations

import asyncio

import pytest

from cti_bridge.calls import events as ev
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.pbx import ami_session
from tests.pbx.link import Cable, Scripted, following, listed, simulator, skipped

CHANNEL = """\
Channel: PJSIP/trunk-00000001
ChannelState: 6
ChannelStateDesc: Up
CallerIDNum: {number}
CallerIDName: <unknown>
ConnectedLineNum: <unknown>
ConnectedLineName: <unknown>
Language: ja
AccountCode: sales
Context: from-trunk
Exten: 0312345678
Priority: 1
Uniqueid: {channel}
Linkedid: {channel}""".replace("\n", "\r\n")
NEWCHANNEL = f"Event: Newchannel\r\nPrivilege: call,all\r\n{CHANNEL}\r\n\r\n"
CHANNEL_ITEM = (
    f"Event: CoreShowChannel\r\nActionID: {{{{id}}}}\r\n{CHANNEL}\r\n"
    "Application: Queue\r\nApplicationData: orders\r\nDuration: 00:00:05\r\nBridgeId: "
)
ENTRY_ITEM = """\
Event: QueueEntry
Queue: orders
Position: 1
Channel: PJSIP/trunk-00000001
Uniqueid: {channel}
CallerIDNum: {number}
CallerIDName: unknown
ConnectedLineNum: unknown
ConnectedLineName: unknown
Wait: 5
Priority: 0
ActionID: {{id}}""".replace("\n", "\r\n")
PARAMS_ITEM = "Event: QueueParams\r\nQueue: orders\r\nStrategy: ringall\r\nActionID: {id}"
GARBAGE = b"what is this\r\n\r\n"


def newchannel(number: str = "0312345678", channel: str = "9.1") -> bytes:
    return NEWCHANNEL.format(number=number, channel=channel).encode()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds in a centre takes a fraction here."""
    monkeypatch.setattr(ami_session, "RESYNC_INTERVAL_S", 0.3)
    monkeypatch.setattr(ami_session, "PARTIAL_RETRY_S", 0.1)
    monkeypatch.setattr(ami_session, "SETTLE_S", 0.02)


DOUBTFUL = {
    "garbage": (GARBAGE, "garbage"),
    "half a channel event": (b"Event: Hangup\r\nUniqueid: 1\r\n\r\n", "incomplete"),
    "a repeated header": (newchannel("031\r\nUniqueid: 9.9"), "repeated_header"),
    "an endless block": (b"Event: " + b"x" * 200_000 + b"\r\n\r\n", "overlong"),
    "booted again": (b"Event: FullyBooted\r\nPrivilege: system,all\r\n\r\n", ""),
}


@pytest.mark.parametrize(("data", "reason"), DOUBTFUL.values(), ids=DOUBTFUL.keys())
async def test_doubt_brings_a_snapshot_and_the_connection_stays(data: bytes, reason: str) -> None:
    async with (
        simulator() as pbx,
        Cable(pbx.port) as cable,
        following(cable.port) as (heard, source, telemetry),
    ):
        await heard.until(Snapshot)
        actions = source.actions
        cable.dirty(data)
        await heard.until(Snapshot, 2)
        assert source.actions is actions is not None
        assert heard.of(ev.SourceLost) == []
        assert not reason or skipped(telemetry, reason) == 1


async def test_doubts_are_gathered_into_one_snapshot_an_interval_and_one_after_the_last() -> None:
    async with Scripted() as pbx, following(pbx.port, ping_interval_s=60) as (heard, _, telemetry):
        await heard.until(Snapshot)
        loop = asyncio.get_running_loop()
        began_s, doubts = loop.time(), 0
        while loop.time() - began_s < 1.0:
            doubts += 1
            pbx.say(GARBAGE)
            await asyncio.sleep(0.01)
        most = 1 + (loop.time() - began_s) / ami_session.RESYNC_INTERVAL_S
        asked = pbx.asked.count("CoreShowChannels") - 1
        assert 2 <= asked <= most
        await heard.until(Snapshot, asked + 2)
        assert skipped(telemetry, "garbage") == doubts


async def test_events_do_not_wait_for_a_snapshot_that_is_being_taken() -> None:
    hold = False

    def answer(name: str, action_id: str) -> bytes | None:
        return b"" if hold and name == "QueueStatus" else None

    async with Scripted(answer) as pbx, following(pbx.port, ping_interval_s=60) as (heard, _, _):
        await heard.until(Snapshot)
        hold = True
        pbx.say(GARBAGE)
        async with asyncio.timeout(5):
            while pbx.asked.count("QueueStatus") < 2:
                await asyncio.sleep(0.01)
        pbx.say(newchannel())
        await heard.until(ev.ChannelCreated)
        assert len(heard.of(Snapshot)) == 1


async def test_a_channel_told_of_while_a_snapshot_is_taken_is_in_it() -> None:
    async with Scripted() as pbx, following(pbx.port, ping_interval_s=60) as (heard, _, _):
        assert (await heard.snapshot(1)).channels == ()
        pbx.say(GARBAGE)
        async with asyncio.timeout(5):
            while pbx.asked.count("BridgeList") < 2:
                await asyncio.sleep(0)
        pbx.say(newchannel())  # after the lists, before the pong
        shot = await heard.snapshot(2)
        assert [seen.channel for seen in shot.channels] == ["9.1"]


async def test_a_hostile_call_is_looked_for_until_it_is_gone() -> None:
    items = [CHANNEL_ITEM.format(number="1\r\n\r\nEvent: Hangup\r\nX: ", channel="6.6")]

    def answer(name: str, action_id: str) -> bytes | None:
        return listed(name, action_id, *items) if name == "CoreShowChannels" else None

    async with Scripted(answer) as pbx, following(pbx.port) as (heard, source, telemetry):
        shots = [await heard.snapshot(number) for number in (1, 2, 3)]
        assert [(shot.is_partial, shot.channels) for shot in shots] == [(True, ())] * 3
        assert skipped(telemetry, "in_list") >= 3
        items[:] = [CHANNEL_ITEM.format(number="0312345678", channel="6.7")]
        while (await heard.snapshot(number := len(heard.of(Snapshot)) + 1)).is_partial:
            pass
        whole = await heard.snapshot(number)
        assert [seen.channel for seen in whole.channels] == ["6.7"]
        assert source.is_connected
        # Nothing is in doubt any more: the next thing asked for is a sign of life.
        asked = len(pbx.asked)
        async with asyncio.timeout(5):
            while len(pbx.asked) < asked + 3:
                await asyncio.sleep(0.01)
        assert set(pbx.asked[asked:]) == {"Ping"}


# What stands in for a number; ¶ is a line break. Asterisk cuts a number to 79 bytes, some here are longer.
FORGERIES = {
    "an end of the list": "1¶¶Event: QueueStatusComplete¶EventList: Complete¶X: ",
    "an end in the item itself": "1¶EventList: Complete",
    "an end as a response": "1¶¶Response: Success¶EventList: Complete¶X: ",
    "a response": "1¶¶Response: Error¶Message: no¶X: ",
    "a queue": "1¶¶Event: QueueParams¶Queue: forged¶X: ",
    "a member": "1¶¶Event: QueueMember¶Queue: orders¶Location: PJSIP/1001¶Paused: 1¶Status: 1¶X: ",
    "a telephone": "1¶¶Event: DeviceStateChange¶Privilege: call,all¶Device: PJSIP/1¶State: INUSE¶¶",
    "another list's end before a telephone": "1¶¶Event: XComplete¶EventList: Complete¶ActionID: 1¶¶"
    "Event: DeviceStateChange¶Privilege: call,all¶Device: PJSIP/1¶State: INUSE¶¶",
    "a second entry": "1¶¶Event: QueueEntry¶Queue: forged¶Uniqueid: 1¶X: ",
    "a stop": "1¶¶Event: Shutdown¶Privilege: system,all¶Shutdown: x¶Restart: False¶¶",
    "a wait without end": "1¶¶Event: QueueEntry¶Queue: orders¶Wait: nan¶",
}


@pytest.mark.parametrize("number", FORGERIES.values(), ids=FORGERIES.keys())
@pytest.mark.parametrize("item", ["channel", "entry"])
async def test_nothing_forged_gets_into_a_snapshot(item: str, number: str) -> None:
    """The number is in one item; another, genuine one stands behind it."""
    number = number.replace("¶", "\r\n")
    channels = [CHANNEL_ITEM.format(number="0312345678", channel="6.7")]
    queues = [ENTRY_ITEM.format(number="0312345678", channel="6.7"), PARAMS_ITEM]
    if item == "channel":
        channels.insert(0, CHANNEL_ITEM.format(number=number, channel="6.6"))
    else:
        queues.insert(0, ENTRY_ITEM.format(number=number, channel="6.6"))
    lists = {"CoreShowChannels": channels, "QueueStatus": queues}

    def answer(name: str, action_id: str) -> bytes | None:
        return listed(name, action_id, *lists.get(name, [])) if name not in {"Login", "Ping"} else None

    async with Scripted(answer) as pbx, following(pbx.port, ping_interval_s=60) as (heard, source, _):
        shot = await heard.snapshot(1)
        assert shot.is_partial
        assert [seen.channel for seen in shot.channels] == ["6.7"]
        assert [(seen.channel, seen.waited_s) for seen in shot.waiting] == [("6.7", 5.0)]
        assert [queue.queue for queue in shot.queues] == ["orders"]
        assert (shot.members, shot.devices) == ((), ())
        assert {type(event) for event in heard.events} == {Snapshot}
        assert source.is_connected


async def test_a_list_that_is_refused_makes_the_snapshot_partial() -> None:
    def answer(name: str, action_id: str) -> bytes | None:
        refusal = f"Response: Error\r\nActionID: {action_id}\r\nMessage: Permission denied\r\n\r\n".encode()
        return refusal if name == "CoreShowChannels" else None

    async with Scripted(answer) as pbx, following(pbx.port) as (heard, source, _):
        assert (await heard.snapshot(1)).is_partial
        assert source.is_connected


async def test_a_list_that_never_ends_does_not_stop_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami_session, "ANSWER_TIMEOUT_S", 0.2)
    is_stuck = False

    def answer(name: str, action_id: str) -> bytes | None:
        if is_stuck and name == "QueueStatus":
            return f"Response: Success\r\nActionID: {action_id}\r\nEventList: start\r\n\r\n".encode()
        return None

    async with Scripted(answer) as pbx, following(pbx.port, ping_interval_s=60) as (heard, source, _):
        await heard.until(Snapshot)
        is_stuck = True
        pbx.say(GARBAGE)
        async with asyncio.timeout(5):
            while pbx.asked.count("QueueStatus") < 3:
                await asyncio.sleep(0.01)
        is_stuck = False
        await heard.until(Snapshot, 2)
        pbx.say(newchannel())
        await heard.until(ev.ChannelCreated)
        assert source.is_connected


async def test_asterisk_that_answers_nothing_but_still_talks_is_left_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ami_session, "ANSWER_TIMEOUT_S", 0.5)
    is_mute = False

    def answer(name: str, action_id: str) -> bytes | None:
        return b"" if is_mute and name == "Ping" else None

    async with Scripted(answer) as pbx, following(pbx.port) as (heard, _, _):
        await heard.until(Snapshot)
        is_mute = True
        channels = 0
        async with asyncio.timeout(10):
            while not heard.of(ev.SourceLost):
                channels += 1
                pbx.say(newchannel(channel=f"8.{channels}"))
                await asyncio.sleep(0.02)
        assert channels * 0.02 > 0.4
