"""Handlers of what happens while parties hear each other: bridges, holds, listeners, recordings."""

from __future__ import annotations

from cti_bridge.calls import events as ev
from cti_bridge.calls.changes import Changes
from cti_bridge.calls.correlate import enter_bridge, leave_bridge
from cti_bridge.calls.legs import release, step
from cti_bridge.calls.outcomes import PartReason, WithdrawReason
from cti_bridge.calls.transitions import ANSWERED, LegTrigger
from cti_bridge.calls.views import OfferState


def bridge_entered(changes: Changes, event: ev.BridgeEntered) -> None:
    """A party hears others, or waits where nobody hears anybody."""
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


def bridge_left(changes: Changes, event: ev.BridgeLeft) -> None:
    """A party hears the others no more."""
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


def hold_started(changes: Changes, event: ev.HoldStarted) -> None:
    """An agent put the other side on hold."""
    channel = changes.tables.channels.get(event.channel)
    if channel is not None and channel.leg is not None:
        step(changes, channel.leg, LegTrigger.HELD)


def hold_ended(changes: Changes, event: ev.HoldEnded) -> None:
    """An agent took the other side back."""
    channel = changes.tables.channels.get(event.channel)
    if channel is not None and channel.leg is not None:
        step(changes, channel.leg, LegTrigger.RESUMED)


def spy_started(changes: Changes, event: ev.SpyStarted) -> None:
    """A party only listens: the call it makes for that is no agent's call."""
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        return
    channel.is_spy = True
    if channel.channel == channel.call.origin:
        channel.call.is_listening = True
        changes.calls.pop(channel.call.call_id, None)
    release(changes, channel, LegTrigger.HUNG_UP, WithdrawReason.NOT_REACHED)


def recording_started(changes: Changes, event: ev.RecordingStarted) -> None:
    """The call is recorded."""
    channel = changes.tables.channels.get(event.channel)
    if channel is not None:
        channel.call.is_recorded = True
        changes.touch(channel.call)


def recording_muted(changes: Changes, event: ev.RecordingMuted) -> None:
    """The recording keeps silence, or no longer does."""
    channel = changes.tables.channels.get(event.channel)
    if channel is not None:
        channel.call.is_recording_muted = event.is_muted
        changes.touch(channel.call)
