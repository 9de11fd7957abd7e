"""The call model: ``reduce(live, event) -> effects``, pure but for the live tables it owns.

No I/O, clock, log or randomness; time comes in on the event. Any order,
duplication or loss of events is taken without an exception. What an event
of each kind does is in the modules ``on_*``, or below when it concerns no one call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cti_bridge.calls import events as ev
from cti_bridge.calls import on_bridges, on_channels, on_queues, on_transfers
from cti_bridge.calls import queue_events as qe
from cti_bridge.calls.changes import Changes
from cti_bridge.calls.effects import Effect, ShowSource
from cti_bridge.calls.legs import offer
from cti_bridge.calls.presence import derive, end_wrap_up, extend_wrap_up, seat_agents
from cti_bridge.calls.reconcile import reconcile
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.calls.state import Live


def reduce(live: Live, event: ev.CallEvent) -> list[Effect]:
    """Apply one event to the live tables; answers what must be done because of it, in order."""
    changes = Changes(live, live.tables(event.pbx), event.at_s)
    _HANDLERS[type(event)](changes, event)
    for agent_id in changes.agents:
        derive(changes, agent_id)
    return changes.finish()


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


def _wrap_up_extended(changes: Changes, event: ev.WrapUpExtended) -> None:
    extend_wrap_up(changes, event.agent_id, event.until_s)


_HANDLERS: dict[type[Any], Callable[[Changes, Any], None]] = {
    ev.ChannelCreated: on_channels.channel_created,
    ev.CallerIdentified: on_channels.caller_identified,
    ev.DialBegan: on_channels.dial_began,
    ev.ChannelRang: on_channels.channel_rang,
    ev.DialEnded: on_channels.dial_ended,
    ev.ChannelAnswered: on_channels.channel_answered,
    ev.BridgeEntered: on_bridges.bridge_entered,
    ev.BridgeLeft: on_bridges.bridge_left,
    ev.HoldStarted: on_bridges.hold_started,
    ev.HoldEnded: on_bridges.hold_ended,
    ev.HangupRequested: on_channels.hangup_requested,
    ev.ChannelEnded: on_channels.channel_ended,
    ev.BlindTransferred: on_transfers.blind_transferred,
    ev.AttendedTransferred: on_transfers.attended_transferred,
    ev.CallPickedUp: on_transfers.call_picked_up,
    ev.CallParked: on_transfers.call_parked,
    ev.CallUnparked: on_transfers.call_unparked,
    ev.SpyStarted: on_bridges.spy_started,
    ev.RecordingStarted: on_bridges.recording_started,
    ev.RecordingMuted: on_bridges.recording_muted,
    qe.QueueEntered: on_queues.queue_entered,
    qe.QueueLeft: on_queues.queue_left,
    qe.QueueAbandoned: on_queues.queue_abandoned,
    qe.MemberCalled: on_queues.member_called,
    qe.MemberConnected: on_queues.member_connected,
    qe.MemberNoAnswer: on_queues.member_no_answer,
    qe.MemberChanged: on_queues.member_changed,
    qe.MemberRemoved: on_queues.member_removed,
    qe.DeviceChanged: on_queues.device_changed,
    Snapshot: reconcile,
    ev.SourceLost: _source_lost,
    ev.PbxStopping: _pbx_stopping,
    ev.RosterChanged: _roster_changed,
    ev.CallOriginated: _call_originated,
    ev.WrapUpEnded: _wrap_up_ended,
    ev.WrapUpExtended: _wrap_up_extended,
}
