"""A caller's waits: entering and leaving a queue, going into a parking slot and out of it."""

from __future__ import annotations

from cti_bridge.calls.call import Channel
from cti_bridge.calls.changes import Changes
from cti_bridge.calls.effects import CountQueueCall, Park, PartReason, QueueOutcome, QueueWait
from cti_bridge.calls.events import ChannelId, Endpoint, ParkEnd, QueueId
from cti_bridge.calls.transitions import ANSWERED


def enter_queue(changes: Changes, channel: Channel, queue: QueueId, entered_at_s: float) -> None:
    """A caller waits from ``entered_at_s`` on."""
    channel.call.begin_wait(queue, entered_at_s, QueueWait(queue, entered_at_s, None, QueueOutcome.OFFERED))
    changes.queue(queue).waiting[channel.channel] = entered_at_s
    channel.waits_in.add(queue)
    changes.out.append(
        CountQueueCall(changes.tables.pbx, queue, QueueOutcome.OFFERED, wait_s=0.0, at_s=changes.at_s)
    )
    changes.touch(channel.call)
    changes.touch_queue(queue)


def leave_queue(
    changes: Changes, channel_id: ChannelId, queue: QueueId, outcome: QueueOutcome | None = None
) -> None:
    """A caller waits no longer; counted once, whatever number of events say so.

    Without an ``outcome``: answered when somebody answered the call since it
    entered, abandoned when the caller hung up, else left.
    """
    entered_at_s = changes.queue(queue).waiting.pop(channel_id, None)
    if entered_at_s is None:
        return
    channel = changes.tables.channels.get(channel_id)
    reached_at_s = channel.call.reached_at_s if channel is not None else None
    if outcome is None:
        if reached_at_s is not None and reached_at_s >= entered_at_s:
            outcome = QueueOutcome.ANSWERED
        elif channel is not None and channel.has_hung_up and not changes.is_stopping:
            outcome = QueueOutcome.ABANDONED
        else:
            outcome = QueueOutcome.LEFT
    left_at_s = max(changes.at_s, entered_at_s)
    if channel is not None:
        channel.waits_in.discard(queue)
        channel.call.end_wait(queue, QueueWait(queue, entered_at_s, left_at_s, outcome))
        changes.touch(channel.call)
    changes.out.append(
        CountQueueCall(changes.tables.pbx, queue, outcome, left_at_s - entered_at_s, changes.at_s)
    )
    changes.touch_queue(queue)


def park(changes: Changes, channel: Channel, slot: str, by: Endpoint | None) -> None:
    """A caller waits in a parking slot; the agent who spoke with them is done with the call."""
    call, tables = channel.call, changes.tables
    if call.is_parked and call.parks[-1].slot == slot:
        return  # said before
    talking = [leg for leg in call.legs.values() if leg.state in ANSWERED]
    parker = tables.seats.get(by) if by is not None else None
    if parker is None and talking:
        parker = talking[-1].agent_id
    for leg in talking:
        if leg.agent_id == parker:
            leg.part = PartReason.PARKED
    call.end_park(changes.at_s)
    call.parks.append(Park(slot, changes.at_s, None, parker, None))
    call.is_parked = True
    call.transferred_by = parker or call.transferred_by
    changes.touch(call)


def unpark(changes: Changes, channel: Channel, how: ParkEnd) -> None:
    """A parked caller was fetched, came back to whoever parked them, or gave up."""
    call = channel.call
    if not call.is_parked:
        return
    last = call.parks[-1]
    call.end_park(changes.at_s, Park(last.slot, last.began_at_s, changes.at_s, last.by, how))
    call.is_abandoned |= how is ParkEnd.GAVE_UP and not changes.is_stopping
    changes.touch(call)
