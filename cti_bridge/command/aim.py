"""Aims a request: finds in the live tables which channel, telephone or queue it means."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import TypeAlias

from cti_bridge.agents.dialling import dialled
from cti_bridge.agents.roster import Agent
from cti_bridge.calls import commands as cmd
from cti_bridge.calls.call import Call, Channel, Leg
from cti_bridge.calls.commands import RefusalCode, Refused
from cti_bridge.calls.ids import AgentId, BridgeId, CallId, ChannelId, Endpoint, PbxId
from cti_bridge.calls.queue_events import DeviceUse
from cti_bridge.calls.state import Live, PbxTables
from cti_bridge.calls.transitions import ANSWERED, LIVE
from cti_bridge.calls.views import OfferState
from cti_bridge.clock import as_utc
from cti_bridge.push import command_bodies as ask

# Where each channel was when the bridge began a word with a transfer's target for it.
Consultations: TypeAlias = Mapping[tuple[PbxId, ChannelId], BridgeId | None]

_CAN_RING = frozenset({DeviceUse.IDLE, DeviceUse.UNKNOWN})
_NOT_IN_A_FILE_NAME = re.compile(r"[^A-Za-z0-9.-]+")
# Of a call's channels the recorded one is its agent's or its customer's; a detour adds a few.
_MAX_RECORDED = 6


def aim(
    live: Live, by: Agent, whose: Agent, request: ask.Request, consultations: Consultations, now_s: float
) -> tuple[cmd.Command, ...] | Refused:
    """The commands that carry out the request of one agent about another, or most often about themselves.

    Whether they may is not asked here.
    """
    match request:
        case ask.OriginateRequest():
            return _originate(live, by, request)
        case ask.ListenRequest():
            return _listen(live, by, whose, request)
        case ask.PauseRequest():
            return _pause(live, whose, request)
        case ask.JoinQueueRequest() | ask.LeaveQueueRequest():
            return _serve(live, whose, request)
        case ask.HangUpRequest():
            found = _leg(live, whose.agent_id, request.call_id, LIVE)
            if isinstance(found, Refused):
                return found
            return tuple(cmd.HangUp(found[0].pbx, one.channel) for one in found[1])
        case _:
            found = _leg(live, by.agent_id, request.call_id, ANSWERED)
            if isinstance(found, Refused):
                return found
            tables, (own, *_) = found
            made = _in_call(live, tables, own, request, consultations, now_s)
            return made if isinstance(made, Refused) else (made,)


def _in_call(
    live: Live,
    tables: PbxTables,
    own: Channel,
    request: ask.InCallRequest,
    consultations: Consultations,
    now_s: float,
) -> cmd.Command | Refused:
    """A request about the call that the agent is in, on channel ``own``."""
    pbx, channel = tables.pbx, own.channel
    match request:
        case ask.BlindTransferRequest(number=number) | ask.BeginTransferRequest(number=number):
            target = dialled(number, live.region)
            if target is None:
                return _no_number(number)
            if isinstance(request, ask.BlindTransferRequest):
                return cmd.BlindTransfer(pbx, channel, target)
            return cmd.BeginTransfer(pbx, channel, target)
        case ask.CompleteTransferRequest() | ask.CancelTransferRequest():
            # Completing is hanging up one's own side: without a target that would end the call.
            home = consultations.get((pbx, channel))
            if home is None or own.bridge in (None, home):
                return Refused(
                    RefusalCode.WRONG_STATE, "no transfer that was begun here waits to be completed"
                )
            is_complete = isinstance(request, ask.CompleteTransferRequest)
            return cmd.CompleteTransfer(pbx, channel) if is_complete else cmd.CancelTransfer(pbx, channel)
        case ask.ParkRequest():
            other = _other_side(tables, own)
            if other is None:
                return Refused(RefusalCode.WRONG_STATE, "there is no other side that could be parked")
            return cmd.Park(pbx, other.channel, by=channel)
        case ask.HoldRequest(is_held=is_held):
            return cmd.SetHold(pbx, channel, is_held)
        case ask.RecordRequest():
            name = f"{as_utc(now_s):%Y%m%dT%H%M%S}-{pbx}-{channel}"
            return cmd.StartRecording(pbx, channel, _NOT_IN_A_FILE_NAME.sub("_", name)[:120] + ".wav")
        case ask.MuteRecordingRequest(is_muted=is_muted):
            others = sorted(one for one in own.call.channels if one != channel and one in tables.channels)
            channels = (channel, *sorted(others, key=lambda one: one != own.call.origin))
            return cmd.MuteRecording(pbx, channels[:_MAX_RECORDED], is_muted)


def _originate(live: Live, by: Agent, request: ask.OriginateRequest) -> tuple[cmd.Command] | Refused:
    number = dialled(request.number, live.region)
    if number is None:
        return _no_number(request.number)
    phone = _telephone(live, by.agent_id, None)
    if isinstance(phone, Refused):
        return phone
    pbx, endpoint = phone
    return (cmd.Originate(pbx, _new_channel(), endpoint, number, request.name),)


def _listen(live: Live, by: Agent, whose: Agent, request: ask.ListenRequest) -> tuple[cmd.Command] | Refused:
    if whose.agent_id == by.agent_id:
        return Refused(RefusalCode.WRONG_STATE, "one hears one's own call anyway")
    found = _leg(live, whose.agent_id, None, ANSWERED)
    if isinstance(found, Refused):
        return found
    tables, (target, *_) = found
    phone = _telephone(live, by.agent_id, tables.pbx)
    if isinstance(phone, Refused):
        return phone
    pbx, endpoint = phone
    return (cmd.Spy(pbx, _new_channel(), endpoint, target.channel, request.mode),)


def _pause(live: Live, whose: Agent, request: ask.PauseRequest) -> tuple[cmd.Command, ...] | Refused:
    served: dict[PbxId, list[cmd.Membership]] = {}
    for pbx, endpoint in sorted(_seats(live, whose.agent_id)):
        served.setdefault(pbx, []).extend(members_at(live.tables(pbx), endpoint))
    made = [
        cmd.Pause(pbx, tuple(members), request.is_paused, request.reason)
        for pbx, members in served.items()
        if members
    ]
    return tuple(made) or Refused(RefusalCode.WRONG_STATE, f"{whose.agent_id} serves no queue")


def members_at(tables: PbxTables, endpoint: Endpoint) -> list[cmd.Membership]:
    """The queues a telephone serves, each with the PBX's name for it there."""
    served = tables.memberships.get(endpoint, {})
    return [cmd.Membership(queue, member.interface or endpoint) for queue, member in served.items()]


def _serve(
    live: Live, whose: Agent, request: ask.JoinQueueRequest | ask.LeaveQueueRequest
) -> tuple[cmd.Command] | Refused:
    tables = live.pbxs.get(request.pbx)
    if tables is None or request.queue not in tables.queues:
        return Refused(RefusalCode.NOT_FOUND, f"{request.pbx} has no queue {request.queue}")
    seats = sorted(endpoint for pbx, endpoint in _seats(live, whose.agent_id) if pbx == request.pbx)
    if not seats:
        return Refused(RefusalCode.NOT_FOUND, f"{whose.agent_id} has no telephone at {request.pbx}")
    served = [one for one in seats if request.queue in tables.memberships.get(one, {})]
    endpoint = (served or seats)[0]
    if isinstance(request, ask.JoinQueueRequest):
        return (cmd.AddMember(request.pbx, request.queue, endpoint, request.penalty, whose.name),)
    member = tables.memberships.get(endpoint, {}).get(request.queue)
    interface = (member.interface if member else "") or endpoint
    return (cmd.RemoveMember(request.pbx, request.queue, endpoint, interface),)


def _seats(live: Live, agent_id: AgentId) -> set[tuple[PbxId, Endpoint]]:
    agent = live.agents.get(agent_id)
    return agent.seats if agent else set()


def _telephone(live: Live, agent_id: AgentId, pbx: PbxId | None) -> tuple[PbxId, Endpoint] | Refused:
    """A telephone of the agent's that may be rung now. Beside a call on hold it may."""
    agent = live.agents.get(agent_id)
    seats = sorted(seat for seat in _seats(live, agent_id) if pbx in (None, seat[0]))
    if agent is None or not seats:
        return Refused(RefusalCode.NOT_FOUND, f"{agent_id} has no telephone{f' at {pbx}' if pbx else ''}")
    if any(leg.state is not OfferState.HELD for leg in agent.legs.values()):
        return Refused(RefusalCode.BUSY, f"{agent_id} is in a call")
    uses = {seat: live.tables(seat[0]).devices.get(seat[1], DeviceUse.UNKNOWN) for seat in seats}
    free = [seat for seat in seats if uses[seat] in _CAN_RING or agent.legs]
    if free:
        return free[0]
    if set(uses.values()) == {DeviceUse.UNAVAILABLE}:
        return Refused(RefusalCode.UNREACHABLE, f"no telephone of {agent_id} is signed in to the PBX")
    return Refused(RefusalCode.BUSY, f"the telephone of {agent_id} is in use")


def _leg(
    live: Live, agent_id: AgentId, call_id: CallId | None, states: frozenset[OfferState]
) -> tuple[PbxTables, list[Channel]] | Refused:
    """The channels of an agent's part of a call, the one that speaks first; there is at least one."""
    agent = live.agents.get(agent_id)
    legs = [leg for leg in agent.legs.values() if call_id in (None, leg.call.call_id)] if agent else []
    if not legs:
        return Refused(RefusalCode.NOT_FOUND, f"{agent_id} has no such call")
    for leg in sorted(legs, key=_prefer_talking):
        tables = live.tables(leg.call.pbx)
        channels = [tables.channels[one] for one in leg.channels if one in tables.channels]
        if leg.state in states and channels:
            return tables, sorted(channels, key=lambda one: (not one.is_up, one.bridge is None, one.channel))
    return Refused(RefusalCode.WRONG_STATE, f"the call is {legs[0].state} at {agent_id}")


def _prefer_talking(leg: Leg) -> bool:
    return leg.state is not OfferState.TALKING


def _other_side(tables: PbxTables, own: Channel) -> Channel | None:
    """Who speaks with the agent: in the same bridge, or in this call behind a local channel."""
    call: Call = own.call
    others = [
        channel
        for channel in (tables.channels.get(one) for one in call.channels)
        if channel is not None and channel is not own and channel.is_up
        if not channel.is_glue and not channel.is_spy
    ]
    others.sort(key=lambda one: (one.bridge != own.bridge, one.leg is not None, one.channel != call.origin))
    return others[0] if others else None


def _new_channel() -> ChannelId:
    """Unguessable, so that nobody's call can pass for ours."""
    return ChannelId(f"cti-{secrets.token_hex(16)}")


def _no_number(raw: str) -> Refused:
    return Refused(RefusalCode.BAD_NUMBER, f"{len(raw)} characters that are no number to dial")
