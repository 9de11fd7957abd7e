"""The call model: ``reduce(live, event) -> effects``, pure but for the live tables it owns.

No I/O, clock, log or randomness; time comes in on the event. Any order,
duplication or loss of events is taken without an exception.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cti_bridge.calls import events as ev
from cti_bridge.calls.call import Channel
from cti_bridge.calls.changes import Changes
from cti_bridge.calls.correlate import (
    add_channel,
    call_id_of,
    enter_bridge,
    identify,
    leave_bridge,
    merge,
)
from cti_bridge.calls.effects import (
    Direction,
    Effect,
    EndReason,
    OfferState,
    PartReason,
    QueueOutcome,
    ShowSource,
    Transfer,
    TransferKind,
    WithdrawReason,
)
from cti_bridge.calls.ends import end_channel
from cti_bridge.calls.legs import connect, dial, offer, reach, release, step
from cti_bridge.calls.numbers import PRIVATE, CallerKind, clean_text, normalise
from cti_bridge.calls.presence import derive, end_wrap_up, seat_agents, use_device
from cti_bridge.calls.reconcile import reconcile, set_member
from cti_bridge.calls.state import Live
from cti_bridge.calls.transitions import ANSWERED, LegTrigger
from cti_bridge.calls.waits import enter_queue, leave_queue, park, unpark

# Q.850: "redirection to new destination".
_CAUSE_REDIRECTED = 23

_WITHDRAWN_BY: dict[ev.DialOutcome, WithdrawReason | None] = {
    ev.DialOutcome.CANCELLED: None,  # by an answer elsewhere or by the caller: the call tells
    ev.DialOutcome.FORWARDED: WithdrawReason.TRANSFERRED,
    ev.DialOutcome.NO_ANSWER: WithdrawReason.TIMEOUT,
    ev.DialOutcome.BUSY: WithdrawReason.REJECTED,
    ev.DialOutcome.FAILED: WithdrawReason.TIMEOUT,
}


def reduce(live: Live, event: ev.CallEvent) -> list[Effect]:
    """Apply one event to the live tables; answers what must be done because of it, in order."""
    changes = Changes(live, live.tables(event.pbx), event.at_s)
    _HANDLERS[type(event)](changes, event)
    for agent_id in changes.agents:
        derive(changes, agent_id)
    return changes.finish()


# -- channels ---------------------------------------------------------------------------------


def _channel_created(changes: Changes, event: ev.ChannelCreated) -> None:
    tables = changes.tables
    if event.channel in tables.channels or event.channel in tables.ended_channels:
        return
    if event.linked not in tables.channels and call_id_of(tables, event.linked) in tables.ended_calls:
        return  # a leg of a call that is over; were it alive, the next snapshot would show it
    channel = add_channel(
        changes,
        event.channel,
        event.linked,
        event.endpoint,
        event.is_glue,
        event.caller_number,
        event.caller_name,
        event.dialled,
        event.at_s,
        event.is_dialled,
    )
    channel.is_up = event.is_up
    if channel.call.is_outbound and channel.channel == channel.call.origin:
        dial(changes, channel)


def _caller_identified(changes: Changes, event: ev.CallerIdentified) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is None or channel.channel != channel.call.origin:
        return
    caller = normalise(event.caller_number, event.caller_name, changes.live.region)
    if channel.endpoint not in changes.tables.seats:
        identify(changes, channel, PRIVATE if event.is_withheld else caller, event.caller_name)
    elif channel.is_dialled and not channel.is_up:
        _call_out(changes, channel, event.caller_number)


def _call_out(changes: Changes, channel: Channel, number: str) -> None:
    """An agent's own call turns out to go outside: whose number it is shown, or was dialled, tells."""
    call = channel.call
    if call.direction is not Direction.INTERNAL or channel.channel != call.origin or channel.is_spy:
        return
    caller = normalise(number, "", changes.live.region)
    if caller.kind is not CallerKind.NUMBER or channel.endpoint not in changes.tables.seats:
        return
    call.direction = Direction.OUTBOUND
    if channel.is_dialled:
        call.dialled = clean_text(number)
    identify(changes, channel, caller, "")
    dial(changes, channel)


def _dial_began(changes: Changes, event: ev.DialBegan) -> None:
    source = changes.tables.channels.get(event.source) if event.source else None
    dest = changes.tables.channels.get(event.dest)
    if source is None or dest is None:
        return
    if source.call is not dest.call:
        merge(changes, source.call, dest.call)
    if event.number and not dest.is_glue and dest.endpoint not in changes.tables.seats:
        _call_out(changes, source, event.number)


def _channel_rang(changes: Changes, event: ev.ChannelRang) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is not None and not channel.is_up:
        channel.is_ringing = True
        offer(changes, channel)


def _channel_answered(changes: Changes, event: ev.ChannelAnswered) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        return
    channel.is_up, channel.is_ringing = True, False
    if channel.leg is None and not channel.is_spy:
        offer(changes, channel)  # a telephone that answered without a ring of its own
    leg = channel.leg
    if leg is not None and leg.state is not OfferState.DIALLING:  # there the other side's answer counts
        leg.endpoint = channel.endpoint
        step(changes, leg, LegTrigger.ANSWERED)


def _dial_ended(changes: Changes, event: ev.DialEnded) -> None:
    tables = changes.tables
    channel = tables.channels.get(event.dest)
    if channel is None:
        return
    if event.outcome is not ev.DialOutcome.ANSWERED:
        channel.is_ringing = False
        release(changes, channel, LegTrigger.DIAL_ENDED, _WITHDRAWN_BY[event.outcome])
        return
    if channel.leg is not None and channel.leg.state is OfferState.DIALLING:
        return  # the agent's own telephone, rung by a click: nobody outside answered yet
    source = tables.channels.get(event.source) if event.source else None
    if source is not None and source.call is not channel.call:
        merge(changes, source.call, channel.call)  # picked up by a telephone that was not dialled
    reach(changes, channel.call)
    if source is not None and source.leg is not None and source.leg.state is OfferState.DIALLING:
        step(changes, source.leg, LegTrigger.ANSWERED)


def _hangup_requested(changes: Changes, event: ev.HangupRequested) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        return
    channel.has_hung_up = True
    leg = channel.leg
    if leg is not None and leg.state is OfferState.RINGING and len(leg.channels) == 1:
        leg.refusal = WithdrawReason.TRANSFERRED if event.is_forwarding else WithdrawReason.REJECTED


def _channel_ended(changes: Changes, event: ev.ChannelEnded) -> None:
    changes.tables.originated.pop(event.channel, None)
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        changes.tables.ended_channels.bury(event.channel, event.at_s)
        return
    if channel.leg is not None and event.cause == _CAUSE_REDIRECTED:
        channel.leg.refusal = WithdrawReason.TRANSFERRED
    end_channel(changes, channel, EndReason.COMPLETED)


# -- bridges, holds, transfers ----------------------------------------------------------------


def _bridge_entered(changes: Changes, event: ev.BridgeEntered) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        return
    if event.is_holding:
        leave_bridge(changes.tables, channel)
        for leg in channel.call.legs.values():
            if leg.part is PartReason.TRANSFERRED:
                leg.part = PartReason.PARKED  # by a transfer to the parking lot's number
    else:
        enter_bridge(changes, channel, event.bridge)


def _bridge_left(changes: Changes, event: ev.BridgeLeft) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        return
    if channel.bridge == event.bridge:
        leave_bridge(changes.tables, channel)
    leg = channel.leg
    if leg is None or not channel.has_hung_up or leg.state not in ANSWERED:
        return
    ringing = [other for other in leg.call.legs.values() if other.state is OfferState.RINGING]
    if ringing:
        # A transferer who does not wait for the colleague's answer: the PBX keeps the channel until then.
        leg.part = PartReason.TRANSFERRED
        for other in ringing:
            other.transferred_by = leg.agent_id
        release(changes, channel, LegTrigger.HUNG_UP, None)


def _hold_started(changes: Changes, event: ev.HoldStarted) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is not None and channel.leg is not None:
        step(changes, channel.leg, LegTrigger.HELD)


def _hold_ended(changes: Changes, event: ev.HoldEnded) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is not None and channel.leg is not None:
        step(changes, channel.leg, LegTrigger.RESUMED)


def _blind_transferred(changes: Changes, event: ev.BlindTransferred) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        return
    call, leg = channel.call, channel.leg
    by = leg.agent_id if leg is not None else changes.tables.seats.get(channel.endpoint)
    if leg is not None:
        leg.part = PartReason.TRANSFERRED
    call.sent_on(Transfer(TransferKind.BLIND, event.at_s, by, clean_text(event.target)))
    changes.touch(call)


def _attended_transferred(changes: Changes, event: ev.AttendedTransferred) -> None:
    tables = changes.tables
    first, second = tables.channels.get(event.first), tables.channels.get(event.second)
    if first is not None and second is not None and first.call is not second.call:
        merge(changes, first.call, second.call)
    transferer = first or second
    if transferer is None:
        return
    call = transferer.call
    by = tables.seats.get(transferer.endpoint)
    takers = []
    for leg in call.legs.values():
        if leg.agent_id == by:
            leg.part = PartReason.TRANSFERRED
        else:
            takers.append(leg)
            if leg.transferred_by is None:
                leg.transferred_by = by
    to = takers[-1].agent_id if takers else ""
    call.sent_on(Transfer(TransferKind.ATTENDED, event.at_s, by, to))
    changes.touch(call)


def _call_picked_up(changes: Changes, event: ev.CallPickedUp) -> None:
    tables = changes.tables
    channel, target = tables.channels.get(event.channel), tables.channels.get(event.target)
    if channel is None or target is None:
        return
    if channel.call is not target.call:
        merge(changes, channel.call, target.call)
    reach(changes, target.call)
    connect(changes, channel)


def _call_parked(changes: Changes, event: ev.CallParked) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is not None:
        park(changes, channel, clean_text(event.slot), event.by)


def _call_unparked(changes: Changes, event: ev.CallUnparked) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is not None:
        unpark(changes, channel, event.how)


def _spy_started(changes: Changes, event: ev.SpyStarted) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        return
    channel.is_spy = True
    if channel.channel == channel.call.origin:
        channel.call.is_listening = True
        changes.calls.pop(channel.call.call_id, None)
    release(changes, channel, LegTrigger.HUNG_UP, WithdrawReason.NOT_REACHED)


def _recording_started(changes: Changes, event: ev.RecordingStarted) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is not None:
        channel.call.is_recorded = True
        changes.touch(channel.call)


def _recording_muted(changes: Changes, event: ev.RecordingMuted) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is not None:
        channel.call.is_recording_muted = event.is_muted
        changes.touch(channel.call)


# -- queues -----------------------------------------------------------------------------------


def _queue_entered(changes: Changes, event: ev.QueueEntered) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is None or event.channel in changes.queue(event.queue).waiting:
        return
    if channel.endpoint not in changes.tables.seats:
        caller = normalise(event.caller_number, event.caller_name, changes.live.region)
        identify(changes, channel, caller, event.caller_name)
    enter_queue(changes, channel, event.queue, event.at_s)


def _queue_left(changes: Changes, event: ev.QueueLeft) -> None:
    leave_queue(changes, event.channel, event.queue)


def _queue_abandoned(changes: Changes, event: ev.QueueAbandoned) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is not None and event.channel in changes.queue(event.queue).waiting:
        # A queue whose time is over, and a PBX that stops, tell it with the same event.
        channel.call.is_abandoned = channel.has_hung_up and not changes.is_stopping
    leave_queue(changes, event.channel, event.queue)


def _member_called(changes: Changes, event: ev.MemberCalled) -> None:
    caller = changes.tables.channels.get(event.channel)
    dest = changes.tables.channels.get(event.dest)
    if caller is not None and dest is not None and caller.call is not dest.call:
        merge(changes, caller.call, dest.call)


def _member_connected(changes: Changes, event: ev.MemberConnected) -> None:
    leave_queue(changes, event.channel, event.queue, QueueOutcome.ANSWERED)


def _member_no_answer(changes: Changes, event: ev.MemberNoAnswer) -> None:
    channel = changes.tables.channels.get(event.dest)
    if channel is not None and channel.leg is not None:
        channel.leg.has_rung_out = True  # how it ended, in no answer or in a refusal, DialEnded tells


def _member_changed(changes: Changes, event: ev.MemberChanged) -> None:
    set_member(changes, event)
    use_device(changes, changes.tables.home(event.endpoint), event.device)


def _member_removed(changes: Changes, event: ev.MemberRemoved) -> None:
    endpoint = changes.tables.home(event.endpoint)
    if changes.tables.drop_member(changes.queue(event.queue), endpoint):
        changes.touch_queue(event.queue)
        changes.touch_agent_at(endpoint)


def _device_changed(changes: Changes, event: ev.DeviceChanged) -> None:
    use_device(changes, event.endpoint, event.device)


# -- the PBX, the roster, and what the bridge itself does -------------------------------------


def _snapshot(changes: Changes, event: ev.Snapshot) -> None:
    reconcile(changes, event)


def _source_lost(changes: Changes, event: ev.SourceLost) -> None:
    if changes.tables.lost_at_s is None:
        changes.tables.lost_at_s = event.at_s
        changes.out.append(ShowSource(event.pbx, is_connected=False, at_s=event.at_s))


def _pbx_stopping(changes: Changes, event: ev.PbxStopping) -> None:
    changes.tables.stopping_at_s = event.at_s


def _roster_changed(changes: Changes, event: ev.RosterChanged) -> None:
    seat_agents(changes, dict(event.seats))
    for channel in list(changes.tables.channels.values()):
        if channel.is_ringing:
            offer(changes, channel)


def _call_originated(changes: Changes, event: ev.CallOriginated) -> None:
    if event.channel not in changes.tables.channels:
        changes.tables.expect(event.channel, event.number, event.purpose)


def _wrap_up_ended(changes: Changes, event: ev.WrapUpEnded) -> None:
    end_wrap_up(changes, event.agent_id)


_HANDLERS: dict[type[Any], Callable[[Changes, Any], None]] = {
    ev.ChannelCreated: _channel_created,
    ev.CallerIdentified: _caller_identified,
    ev.DialBegan: _dial_began,
    ev.ChannelRang: _channel_rang,
    ev.DialEnded: _dial_ended,
    ev.ChannelAnswered: _channel_answered,
    ev.BridgeEntered: _bridge_entered,
    ev.BridgeLeft: _bridge_left,
    ev.HoldStarted: _hold_started,
    ev.HoldEnded: _hold_ended,
    ev.HangupRequested: _hangup_requested,
    ev.ChannelEnded: _channel_ended,
    ev.BlindTransferred: _blind_transferred,
    ev.AttendedTransferred: _attended_transferred,
    ev.CallPickedUp: _call_picked_up,
    ev.CallParked: _call_parked,
    ev.CallUnparked: _call_unparked,
    ev.SpyStarted: _spy_started,
    ev.RecordingStarted: _recording_started,
    ev.RecordingMuted: _recording_muted,
    ev.QueueEntered: _queue_entered,
    ev.QueueLeft: _queue_left,
    ev.QueueAbandoned: _queue_abandoned,
    ev.MemberCalled: _member_called,
    ev.MemberConnected: _member_connected,
    ev.MemberNoAnswer: _member_no_answer,
    ev.MemberChanged: _member_changed,
    ev.MemberRemoved: _member_removed,
    ev.DeviceChanged: _device_changed,
    ev.Snapshot: _snapshot,
    ev.SourceLost: _source_lost,
    ev.PbxStopping: _pbx_stopping,
    ev.RosterChanged: _roster_changed,
    ev.CallOriginated: _call_originated,
    ev.WrapUpEnded: _wrap_up_ended,
}
