"""Which channel, telephone or queue a request means."""

from __future__ import annotations

import re

import pytest

from cti_bridge.calls import commands as cmd
from cti_bridge.calls import events as ev
from cti_bridge.calls.commands import Membership, RefusalCode, Refused, SpyMode
from cti_bridge.calls.ids import AgentId, BridgeId, CallId, ChannelId, Endpoint, PbxId, QueueId
from cti_bridge.calls.queue_events import DeviceUse, MemberChanged
from cti_bridge.command.aim import Consultations, aim
from cti_bridge.push import command_bodies as ask
from tests.live_tables import CUSTOMER, MAIN, ORDERS, SUPPORT, Floor, person

A1, A2 = person("a1"), person("a2")
BOSS = person("a4", "supervisor")
OWN = Floor.own(1)


def aimed(
    floor: Floor,
    request: ask.Request,
    by: object = A1,
    whose: object = None,
    consultations: Consultations | None = None,
) -> object:
    found = aim(floor.live, by, whose or by, request, consultations or {}, 1_800_000_000.0)  # type: ignore[arg-type]
    return found[0] if isinstance(found, tuple) and len(found) == 1 else found


def code(found: object) -> RefusalCode:
    assert isinstance(found, Refused), found
    return found.code


def test_a_click_rings_the_agents_telephone() -> None:
    found = aimed(Floor(), ask.OriginateRequest("+81 90-1234-5678", "山田"))
    assert isinstance(found, cmd.Originate)
    assert (found.pbx, found.endpoint, found.number, found.name) == (
        MAIN,
        "PJSIP/1001",
        "09012345678",
        "山田",
    )
    assert re.fullmatch(r"cti-[0-9a-f]{32}", found.channel)


def test_no_two_calls_of_ours_bear_one_name() -> None:
    floor = Floor()
    found = {aimed(floor, ask.OriginateRequest("1004")).channel for _ in range(100)}  # type: ignore[attr-defined]
    assert len(found) == 100


def test_what_is_no_number() -> None:
    assert code(aimed(Floor(), ask.OriginateRequest("1004&1005"))) is RefusalCode.BAD_NUMBER


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (DeviceUse.IN_USE, RefusalCode.BUSY),
        (DeviceUse.RINGING, RefusalCode.BUSY),
        (DeviceUse.UNAVAILABLE, RefusalCode.UNREACHABLE),
    ],
)
def test_a_telephone_that_cannot_be_rung(use: DeviceUse, expected: RefusalCode) -> None:
    floor = Floor()
    floor.device("PJSIP/1001", use)
    assert code(aimed(floor, ask.OriginateRequest("1004"))) is expected


def test_the_second_telephone_is_rung_when_the_first_is_off() -> None:
    floor = Floor()
    seats = ((Endpoint("PJSIP/1001"), AgentId("a1")), (Endpoint("PJSIP/9001"), AgentId("a1")))
    floor.say(ev.RosterChanged(MAIN, floor.at_s, seats))
    floor.device("PJSIP/1001", DeviceUse.UNAVAILABLE)
    found = aimed(floor, ask.OriginateRequest("1004"))
    assert isinstance(found, cmd.Originate)
    assert found.endpoint == "PJSIP/9001"


def test_nobody_calls_out_of_a_talk_but_beside_a_held_call() -> None:
    floor = Floor()
    floor.talk(1)
    assert code(aimed(floor, ask.OriginateRequest("1004"))) is RefusalCode.BUSY
    floor.say(ev.HoldStarted(MAIN, floor.at_s, OWN))
    assert isinstance(aimed(floor, ask.OriginateRequest("1004")), cmd.Originate)


def test_somebody_without_a_telephone() -> None:
    assert code(aimed(Floor(), ask.OriginateRequest("1004"), person("a9"))) is RefusalCode.NOT_FOUND


def test_the_agents_channel_is_meant() -> None:
    floor = Floor()
    call_id = floor.talk(1, 2)
    assert aimed(floor, ask.HangUpRequest(call_id)) == cmd.HangUp(MAIN, OWN)
    assert aimed(floor, ask.BlindTransferRequest(call_id, "1004")) == cmd.BlindTransfer(MAIN, OWN, "1004")
    assert aimed(floor, ask.BeginTransferRequest(call_id, "1004")) == cmd.BeginTransfer(MAIN, OWN, "1004")
    assert aimed(floor, ask.HoldRequest(call_id, True)) == cmd.SetHold(MAIN, OWN, True)


def test_the_customer_is_parked_not_the_agent() -> None:
    floor = Floor()
    call_id = floor.talk(1)
    assert aimed(floor, ask.ParkRequest(call_id)) == cmd.Park(MAIN, CUSTOMER, by=OWN)


def test_a_colleague_is_parked_who_called_the_agent() -> None:
    floor = Floor()
    caller = ChannelId("300.1")
    floor.say(
        ev.ChannelCreated(MAIN, floor.at_s, caller, caller, Endpoint("PJSIP/1003"), False, "1003", "", "1001")
    )
    call_id = floor.tables.channels[caller].call.call_id
    own = floor.own(1, caller)
    floor.say(
        floor._channel(own, caller, "PJSIP/1001", "1001"),
        ev.DialBegan(MAIN, floor.at_s, caller, own, "1001"),
        ev.ChannelRang(MAIN, floor.at_s, own),
        ev.ChannelAnswered(MAIN, floor.at_s, own),
        ev.ChannelAnswered(MAIN, floor.at_s, caller),
    )
    floor.bridge("b", own, caller)
    assert aimed(floor, ask.ParkRequest(call_id)) == cmd.Park(MAIN, caller, by=own)


def test_a_ring_may_be_refused_but_not_transferred() -> None:
    floor = Floor()
    call_id = floor.ring(1, 2)
    assert aimed(floor, ask.HangUpRequest(call_id)) == cmd.HangUp(MAIN, OWN)
    for request in (ask.BlindTransferRequest(call_id, "1004"), ask.ParkRequest(call_id)):
        assert code(aimed(floor, request)) is RefusalCode.WRONG_STATE


def test_a_call_of_somebody_else_is_not_found() -> None:
    floor = Floor()
    call_id = floor.talk(2)
    for request in (ask.HangUpRequest(call_id), ask.ParkRequest(call_id), ask.HoldRequest(call_id, True)):
        assert code(aimed(floor, request)) is RefusalCode.NOT_FOUND
    assert code(aimed(floor, ask.HangUpRequest(CallId("main~9")))) is RefusalCode.NOT_FOUND
    assert aimed(floor, ask.HangUpRequest(call_id), BOSS, A2) == cmd.HangUp(MAIN, floor.own(2))


def test_only_a_transfer_that_was_begun_is_completed() -> None:
    floor = Floor()
    call_id = floor.talk(1)
    complete, cancel = ask.CompleteTransferRequest(call_id), ask.CancelTransferRequest(call_id)
    home = BridgeId(f"b-{CUSTOMER}")
    begun = {(MAIN, OWN): home}
    # Never begun, or the target was busy and the agent is back: completing would hang up on the customer.
    for consultations in ({}, begun):
        assert code(aimed(floor, complete, consultations=consultations)) is RefusalCode.WRONG_STATE
        assert code(aimed(floor, cancel, consultations=consultations)) is RefusalCode.WRONG_STATE
    floor.bridge("word", OWN)
    assert aimed(floor, complete, consultations=begun) == cmd.CompleteTransfer(MAIN, OWN)
    assert aimed(floor, cancel, consultations=begun) == cmd.CancelTransfer(MAIN, OWN)
    assert code(aimed(floor, complete)) is RefusalCode.WRONG_STATE


def test_a_recording_has_a_name_no_shell_stumbles_over() -> None:
    floor = Floor()
    found = aimed(floor, ask.RecordRequest(floor.talk(1)))
    assert found == cmd.StartRecording(MAIN, OWN, "20270115T080000-main-100.1-1.wav")


def test_the_recording_is_looked_for_at_the_agent_then_at_the_customer() -> None:
    floor = Floor()
    found = aimed(floor, ask.MuteRecordingRequest(floor.talk(1), True))
    assert found == cmd.MuteRecording(MAIN, (OWN, CUSTOMER), True)


def test_a_pause_is_for_every_queue() -> None:
    floor = Floor()
    changed = MemberChanged(
        MAIN,
        floor.at_s,
        SUPPORT,
        Endpoint("PJSIP/1001"),
        "",
        False,
        "",
        DeviceUse.IDLE,
        "Local/1001@agents/n",
    )
    floor.say(changed)
    found = aimed(floor, ask.PauseRequest(True, "昼休み"))
    members = (Membership(ORDERS, "PJSIP/1001"), Membership(SUPPORT, "Local/1001@agents/n"))
    assert found == cmd.Pause(MAIN, members, True, "昼休み")
    assert aimed(floor, ask.PauseRequest(False), BOSS, A2) == cmd.Pause(
        MAIN, (Membership(ORDERS, "PJSIP/1002"),), False, ""
    )
    assert code(aimed(floor, ask.PauseRequest(True), BOSS)) is RefusalCode.WRONG_STATE


def test_a_pause_is_for_every_pbx() -> None:
    floor = Floor()
    branch = PbxId("branch")
    floor.say(
        ev.RosterChanged(branch, floor.at_s, ((Endpoint("PJSIP/51"), AgentId("a1")),)),
        MemberChanged(
            branch, floor.at_s, ORDERS, Endpoint("PJSIP/51"), "", False, "", DeviceUse.IDLE, "PJSIP/51"
        ),
    )
    found = aimed(floor, ask.PauseRequest(True))
    assert isinstance(found, tuple)
    assert {one.pbx for one in found} == {MAIN, branch}


def test_serving_a_queue() -> None:
    floor = Floor()
    a3 = person("a3", name="高橋")
    join = ask.JoinQueueRequest(MAIN, SUPPORT, 2)
    assert aimed(floor, join, a3) == cmd.AddMember(MAIN, SUPPORT, Endpoint("PJSIP/1003"), 2, "高橋")
    assert aimed(floor, join, BOSS, a3) == cmd.AddMember(MAIN, SUPPORT, Endpoint("PJSIP/1003"), 2, "高橋")
    leave = ask.LeaveQueueRequest(MAIN, ORDERS)
    assert aimed(floor, leave) == cmd.RemoveMember(MAIN, ORDERS, Endpoint("PJSIP/1001"), "PJSIP/1001")
    assert code(aimed(floor, ask.JoinQueueRequest(MAIN, QueueId("none")))) is RefusalCode.NOT_FOUND
    assert code(aimed(floor, ask.JoinQueueRequest(PbxId("none"), ORDERS))) is RefusalCode.NOT_FOUND
    assert code(aimed(floor, join, person("a9"))) is RefusalCode.NOT_FOUND


def test_listening() -> None:
    floor = Floor()
    request = ask.ListenRequest(AgentId("a1"), SpyMode.WHISPER)
    assert code(aimed(floor, request, BOSS, A1)) is RefusalCode.NOT_FOUND
    floor.ring(1)
    assert code(aimed(floor, request, BOSS, A1)) is RefusalCode.WRONG_STATE
    floor.say(ev.ChannelAnswered(MAIN, floor.at_s, OWN))
    found = aimed(floor, request, BOSS, A1)
    assert isinstance(found, cmd.Spy)
    assert (found.endpoint, found.target, found.mode) == ("PJSIP/1004", OWN, SpyMode.WHISPER)
    assert code(aimed(floor, ask.ListenRequest(AgentId("a4")), BOSS, BOSS)) is RefusalCode.WRONG_STATE
    floor.device("PJSIP/1004", DeviceUse.IN_USE)
    assert code(aimed(floor, request, BOSS, A1)) is RefusalCode.BUSY
