"""The call model: ``reduce(live, event) -> effects``, pure but for the live tables it owns.

No I/O, clock, log or randomness; time comes in on the event. Any order,
duplication or loss of events is taken without an exception.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cti_bridge.calls import events as ev
from cti_bridge.calls.changes import Changes
from cti_bridge.calls.correlate import add_channel, call_id_of, leave_bridge
from cti_bridge.calls.effects import Effect, EndReason, QueueOutcome, ShowSource, WithdrawReason
from cti_bridge.calls.numbers import PRIVATE, Caller, CallerKind, clean_text, normalise
from cti_bridge.calls.reconcile import reconcile
from cti_bridge.calls.state import Channel, Live, Member
from cti_bridge.calls.transitions import LegTrigger

_WITHDRAWN_BY: dict[ev.DialOutcome, WithdrawReason | None] = {
    ev.DialOutcome.CANCELLED: None,  # by an answer elsewhere or by the caller: the call tells
    ev.DialOutcome.NO_ANSWER: WithdrawReason.TIMEOUT,
    ev.DialOutcome.BUSY: WithdrawReason.REJECTED,
    ev.DialOutcome.FAILED: WithdrawReason.TIMEOUT,
}


def reduce(live: Live, event: ev.CallEvent) -> list[Effect]:
    """Apply one event to the live tables; answers what must be done because of it, in order."""
    changes = Changes(live, live.tables(event.pbx), event.at_s)
    _HANDLERS[type(event)](changes, event)
    return changes.effects()


def _channel_created(changes: Changes, event: ev.ChannelCreated) -> None:
    tables = changes.tables
    if event.channel in tables.channels or event.channel in tables.ended_channels:
        return
    if event.linked not in tables.channels and call_id_of(tables, event.linked) in tables.ended_calls:
        return  # a leg of a call that is over; were it alive, the next snapshot would show it
    channel, is_new = add_channel(
        changes.live,
        tables,
        event.channel,
        event.linked,
        event.endpoint,
        event.is_glue,
        event.caller_number,
        event.caller_name,
        event.dialled,
        event.at_s,
    )
    channel.is_up = event.is_up
    if is_new:
        changes.touch(channel.call)
        changes.prefetch(channel.call)


def _caller_identified(changes: Changes, event: ev.CallerIdentified) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is not None and channel.channel == channel.call.origin:
        caller = PRIVATE if event.is_withheld else None
        _identify(changes, channel, event.caller_number, event.caller_name, caller)


def _identify(
    changes: Changes, channel: Channel, number: str, name: str, caller: Caller | None = None
) -> None:
    """Take a better number for who began the call; never let a number be lost for none."""
    call = channel.call
    if channel.endpoint in changes.tables.seats:
        return
    caller = caller or normalise(number, name, changes.live.region)
    if caller == call.caller or (
        call.caller.kind is CallerKind.NUMBER
        and caller.kind is not CallerKind.NUMBER
        and caller is not PRIVATE
    ):
        return
    call.caller = caller
    call.caller_name = clean_text(name)
    changes.touch(call)
    changes.prefetch(call)


def _dial_began(changes: Changes, event: ev.DialBegan) -> None:
    source = changes.tables.channels.get(event.source) if event.source else None
    dest = changes.tables.channels.get(event.dest)
    if source is not None and dest is not None and source.call is not dest.call:
        changes.merge(source.call, dest.call)


def _channel_rang(changes: Changes, event: ev.ChannelRang) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is not None and not channel.is_up:
        channel.is_ringing = True
        changes.offer(channel)


def _channel_answered(changes: Changes, event: ev.ChannelAnswered) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        return
    channel.is_up, channel.is_ringing = True, False
    if channel.leg is None:
        changes.offer(channel)  # a telephone that answered without a ring of its own
    if channel.leg is not None:
        changes.step(channel.leg, LegTrigger.ANSWERED)


def _dial_ended(changes: Changes, event: ev.DialEnded) -> None:
    channel = changes.tables.channels.get(event.dest)
    if channel is None:
        return
    if event.outcome is ev.DialOutcome.ANSWERED:
        if channel.call.answered_at_s is None:
            channel.call.answered_at_s = event.at_s
            changes.touch(channel.call)
        return
    channel.is_ringing = False
    changes.release(channel, LegTrigger.DIAL_ENDED, _WITHDRAWN_BY[event.outcome])


def _bridge_entered(changes: Changes, event: ev.BridgeEntered) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        return
    changes.enter_bridge(channel, event.bridge)


def _bridge_left(changes: Changes, event: ev.BridgeLeft) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is not None and channel.bridge == event.bridge:
        leave_bridge(changes.tables, channel)


def _hold_started(changes: Changes, event: ev.HoldStarted) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is not None and channel.leg is not None:
        changes.step(channel.leg, LegTrigger.HELD)


def _hold_ended(changes: Changes, event: ev.HoldEnded) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is not None and channel.leg is not None:
        changes.step(channel.leg, LegTrigger.RESUMED)


def _channel_ended(changes: Changes, event: ev.ChannelEnded) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        changes.tables.ended_channels.bury(event.channel, event.at_s)
    else:
        changes.end_channel(channel, EndReason.COMPLETED)


def _queue_entered(changes: Changes, event: ev.QueueEntered) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is None or event.channel in changes.queue(event.queue).waiting:
        return
    _identify(changes, channel, event.caller_number, event.caller_name)
    changes.enter_queue(channel, event.queue, event.at_s)


def _queue_left(changes: Changes, event: ev.QueueLeft) -> None:
    channel = changes.tables.channels.get(event.channel)
    answered = channel is not None and channel.call.answered_at_s is not None
    changes.leave_queue(event.channel, event.queue, QueueOutcome.ANSWERED if answered else QueueOutcome.LEFT)


def _queue_abandoned(changes: Changes, event: ev.QueueAbandoned) -> None:
    channel = changes.tables.channels.get(event.channel)
    if channel is not None:
        channel.call.is_abandoned = True
    changes.leave_queue(event.channel, event.queue, QueueOutcome.ABANDONED)


def _member_called(changes: Changes, event: ev.MemberCalled) -> None:
    caller = changes.tables.channels.get(event.channel)
    dest = changes.tables.channels.get(event.dest)
    if caller is not None and dest is not None and caller.call is not dest.call:
        changes.merge(caller.call, dest.call)


def _member_connected(changes: Changes, event: ev.MemberConnected) -> None:
    changes.leave_queue(event.channel, event.queue, QueueOutcome.ANSWERED)


def _member_no_answer(changes: Changes, event: ev.MemberNoAnswer) -> None:
    channel = changes.tables.channels.get(event.dest)
    if channel is not None and channel.leg is not None:
        channel.leg.has_rung_out = True  # how it ended, in no answer or in a refusal, DialEnded tells


def _member_changed(changes: Changes, event: ev.MemberChanged) -> None:
    member = Member(event.is_paused, clean_text(event.pause_reason), event.device)
    changes.tables.set_member(changes.queue(event.queue), event.endpoint, member)
    changes.touch_queue(event.queue)
    changes.refresh_agent_at(event.endpoint)
    changes.use_device(event.endpoint, event.device)


def _member_removed(changes: Changes, event: ev.MemberRemoved) -> None:
    if changes.tables.drop_member(changes.queue(event.queue), event.endpoint):
        changes.touch_queue(event.queue)
        changes.refresh_agent_at(event.endpoint)


def _device_changed(changes: Changes, event: ev.DeviceChanged) -> None:
    changes.use_device(event.endpoint, event.device)


def _snapshot(changes: Changes, event: ev.Snapshot) -> None:
    lost_at_s = changes.tables.lost_at_s
    gap_s = max(0.0, event.at_s - lost_at_s) if lost_at_s is not None else None
    changes.tables.lost_at_s = None
    changes.out.append(ShowSource(event.pbx, is_connected=True, at_s=event.at_s, gap_s=gap_s))
    reconcile(changes, event)


def _source_lost(changes: Changes, event: ev.SourceLost) -> None:
    if changes.tables.lost_at_s is None:
        changes.tables.lost_at_s = event.at_s
        changes.out.append(ShowSource(event.pbx, is_connected=False, at_s=event.at_s))


def _roster_changed(changes: Changes, event: ev.RosterChanged) -> None:
    changes.seat_agents(dict(event.seats))


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
    ev.ChannelEnded: _channel_ended,
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
    ev.RosterChanged: _roster_changed,
}
