"""A caller's waits: entering and leaving a queue, going into a parking slot and out of it."""

from __future__ import annotations

from dataclasses import replace

from cti_bridge.calls.call import Call, Channel
from cti_bridge.calls.changes import Changes
from cti_bridge.calls.effects import CountQueueCall
from cti_bridge.calls.ids import ChannelId, Endpoint, QueueId
from cti_bridge.calls.outcomes import ParkEnd, PartReason, QueueOutcome
from cti_bridge.calls.record import Park, QueueWait
from cti_bridge.calls.transitions import ANSWERED


def enter_queue(changes: Changes, channel: Channel, queue: QueueId, entered_at_s: float) -> None:
    """A caller waits from ``entered_at_s`` on."""
    channel.call.begin_wait(queue, entered_at_s)
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
    if outcome is None:
        if channel is not None and _is_answered(channel.call, entered_at_s):
            outcome = QueueOutcome.ANSWERED
        elif channel is not None and channel.has_hung_up and not changes.is_stopping:
            outcome = QueueOutcome.ABANDONED
        else:
            outcome = QueueOutcome.LEFT
    left_at_s = max(changes.at_s, entered_at_s)
    if channel is not None:
        channel.waits_in.discard(queue)
        channel.call.end_wait(QueueWait(queue, entered_at_s, left_at_s, outcome))
        changes.touch(channel.call)
    changes.out.append(
        CountQueueCall(changes.tables.pbx, queue, outcome, left_at_s - entered_at_s, changes.at_s)
    )
    changes.touch_queue(queue)


def _is_answered(call: Call, since_s: float) -> bool:
    """Whether somebody answered since, or telephones fell silent as if: a pickup is told after the wait."""
    return any(at_s is not None and at_s >= since_s for at_s in (call.reached_at_s, call.taken_at_s))


def park(changes: Changes, channel: Channel, slot: str, by: Endpoint | None) -> None:
    """A caller waits in a parking slot; the agent who spoke with them is done with the call."""
    call, tables = channel.call, changes.tables
    parker = tables.seats.get(by) if by is not None else None
    if call.is_parked and call.parks[-1].slot == slot:
        return  # said before
    talking = [leg for leg in call.legs.values() if leg.state in ANSWERED]
    if not talking and call.stints and call.stints[-1].end is PartReason.TRANSFERRED:
        # Parked by a transfer to the parking lot's number: the parker may be gone before this is told.
        by_transfer = call.stints.pop()
        call.stints.append(replace(by_transfer, end=PartReason.PARKED))
        parker = by_transfer.agent_id
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
