"""How channels and calls end, and with them whatever hung on them."""

from __future__ import annotations

from cti_bridge.calls import effects as ef
from cti_bridge.calls.call import Call, Channel
from cti_bridge.calls.changes import Changes
from cti_bridge.calls.correlate import leave_bridge
from cti_bridge.calls.legs import release, step
from cti_bridge.calls.outcomes import EndReason, ParkEnd, WithdrawReason
from cti_bridge.calls.transitions import LegTrigger
from cti_bridge.calls.views import OfferState
from cti_bridge.calls.waits import leave_queue, unpark


def end_channel(changes: Changes, channel: Channel, reason: EndReason) -> None:
    """A channel is gone; its call ends with the last party's."""
    tables, call = changes.tables, channel.call
    for queue in sorted(channel.waits_in):
        leave_queue(changes, channel.channel, queue)
    if call.is_parked and channel.channel == call.origin and reason is not EndReason.LOST:
        unpark(changes, channel, ParkEnd.GAVE_UP)  # which the PBX may tell a moment later
    leave_bridge(tables, channel)
    del tables.channels[channel.channel]
    tables.ended_channels.bury(channel.channel, changes.at_s)
    call.channels.discard(channel.channel)
    lost = WithdrawReason.LOST if reason is EndReason.LOST else None
    release(changes, channel, LegTrigger.HUNG_UP, lost)
    parties = any(not tables.channels[other].is_glue for other in call.channels)
    if channel.channel == call.origin or not parties:
        for leg in [leg for leg in call.legs.values() if leg.state is OfferState.RINGING]:
            step(changes, leg, LegTrigger.HUNG_UP, lost or WithdrawReason.ABANDONED)
    if not parties and call.ended_at_s is None:
        _close(changes, call, reason)


def _close(changes: Changes, call: Call, reason: EndReason) -> None:
    tables = changes.tables
    for channel_id in call.channels:  # halves of local pairs with nobody at either end
        glue = tables.channels.pop(channel_id)
        leave_bridge(tables, glue)
        tables.ended_channels.bury(channel_id, changes.at_s)
    call.channels.clear()
    if call.is_parked:
        call.end_park(changes.at_s)
    call.ended_at_s = changes.at_s
    call.outcome = _outcome(changes, call, reason)
    tables.calls.pop(call.call_id, None)
    tables.ended_calls.bury(call.call_id, changes.at_s)
    changes.write(call)
    changes.out.append(ef.CloseCall(call.view(), call.outcome))


def _outcome(changes: Changes, call: Call, reason: EndReason) -> EndReason:
    if reason is EndReason.LOST or changes.is_stopping:
        return EndReason.LOST
    if call.is_abandoned:
        return EndReason.ABANDONED
    return EndReason.COMPLETED if call.answered_at_s is not None else EndReason.NOT_REACHED
