"""A snapshot against what was known: ghosts closed, survivors kept, newcomers taken in.

Nobody sees a second pop for a call that lived through the gap: its offer
keeps its identity because its channels kept theirs.
"""

from __future__ import annotations

from cti_bridge.calls.changes import Changes
from cti_bridge.calls.correlate import add_channel, call_id_of, enter_bridge, leave_bridge
from cti_bridge.calls.effects import DropQueue, ShowSource
from cti_bridge.calls.ends import end_channel
from cti_bridge.calls.legs import dial, offer, step
from cti_bridge.calls.numbers import clean_text
from cti_bridge.calls.outcomes import EndReason, QueueOutcome
from cti_bridge.calls.presence import WRAP_UP_REASON, end_stale_pause
from cti_bridge.calls.queue_events import MemberChanged
from cti_bridge.calls.snapshot import Snapshot, SnapshotChannel
from cti_bridge.calls.state import Member
from cti_bridge.calls.transitions import LegTrigger
from cti_bridge.calls.waits import enter_queue, leave_queue


def reconcile(changes: Changes, snapshot: Snapshot) -> None:
    """Bring the live tables of one PBX to the state the snapshot shows."""
    _end_gap(changes)
    if not snapshot.is_partial:
        _end_ghosts(changes, snapshot)
    # Oldest first, so that the channel that began a call is there before those that joined it.
    oldest_first = sorted(snapshot.channels, key=lambda seen: -seen.age_s)
    for seen in oldest_first:
        _take_in(changes, seen)
    for seen in snapshot.channels:
        _bridge(changes, snapshot, seen)
    _queues(changes, snapshot)
    for seen in oldest_first:
        _show(changes, seen)
    for agent_id in set(changes.tables.seats.values()):
        changes.touch_agent(agent_id)


def _end_gap(changes: Changes) -> None:
    """The PBX is in sight again; what lived through the gap may have changed unseen."""
    tables = changes.tables
    if tables.lost_at_s is not None or not tables.is_seen:
        gap_s = None if tables.lost_at_s is None else max(0.0, changes.at_s - tables.lost_at_s)
        changes.out.append(ShowSource(tables.pbx, is_connected=True, at_s=changes.at_s, gap_s=gap_s))
        for call in tables.calls.values():
            call.has_gap = True
    tables.lost_at_s, tables.is_seen = None, True


def _end_ghosts(changes: Changes, snapshot: Snapshot) -> None:
    present = {seen.channel for seen in snapshot.channels}
    for channel in [c for c in changes.tables.channels.values() if c.channel not in present]:
        if channel.channel in changes.tables.channels:
            end_channel(changes, channel, EndReason.LOST)
    # Whoever stopped has either started anew by now, without a call of before, or did not stop after all.
    changes.tables.stopping_at_s = None


def _take_in(changes: Changes, seen: SnapshotChannel) -> None:
    tables = changes.tables
    if seen.channel in tables.channels:
        return
    tables.ended_channels.pop(seen.channel, None)
    tables.ended_calls.pop(call_id_of(tables, seen.linked), None)
    channel = add_channel(
        changes,
        seen.channel,
        seen.linked,
        seen.endpoint,
        seen.is_glue,
        seen.caller_number,
        seen.caller_name,
        seen.dialled,
        changes.at_s - seen.age_s,
    )
    channel.call.has_gap |= seen.age_s > 0


def _bridge(changes: Changes, snapshot: Snapshot, seen: SnapshotChannel) -> None:
    channel = changes.tables.channels.get(seen.channel)
    if channel is None or channel.bridge == seen.bridge:
        return
    if seen.bridge is None or seen.bridge in snapshot.holding_bridges:
        leave_bridge(changes.tables, channel)
    else:
        enter_bridge(changes, channel, seen.bridge)


def _show(changes: Changes, seen: SnapshotChannel) -> None:
    """Offer what rings, connect what talks; what was shown so already stays as it is."""
    channel = changes.tables.channels.get(seen.channel)
    if channel is None:
        return
    channel.is_up, channel.is_ringing = seen.is_up, seen.is_ringing
    call = channel.call
    if channel.channel == call.origin and channel.endpoint in changes.tables.seats:
        if channel.leg is None and call.is_outbound and not channel.is_spy:
            dial(changes, channel)
        if channel.leg is None or not seen.is_up or seen.bridge is None:
            return
    elif seen.is_ringing:
        offer(changes, channel)  # who talks was offered when the bridge was joined
    if seen.is_up and channel.leg is not None:
        step(changes, channel.leg, LegTrigger.ANSWERED)


def _queues(changes: Changes, snapshot: Snapshot) -> None:
    tables = changes.tables
    named = {queue.queue for queue in snapshot.queues}
    waiting = {(entry.queue, entry.channel) for entry in snapshot.waiting}
    members = {(member.queue, tables.home(member.endpoint)) for member in snapshot.members}
    if not snapshot.is_partial:
        for name in [name for name in tables.queues if name not in named]:
            for channel_id in list(tables.queues[name].waiting):
                leave_queue(changes, channel_id, name, QueueOutcome.LEFT)
            for endpoint in list(tables.queues[name].members):
                tables.drop_member(tables.queues[name], endpoint)
            del tables.queues[name]
            changes.queues.pop(name, None)
            changes.out.append(DropQueue(tables.pbx, name))
        for name, queue in tables.queues.items():
            for endpoint in [e for e in queue.members if (name, e) not in members]:
                tables.drop_member(queue, endpoint)
            for channel_id in [c for c in queue.waiting if (name, c) not in waiting]:
                # Whether the caller was answered or gave up during the gap cannot be known.
                leave_queue(changes, channel_id, name, QueueOutcome.LEFT)
    for name in named:
        changes.queue(name)
        changes.touch_queue(name)
    for entry in snapshot.waiting:
        channel = tables.channels.get(entry.channel)
        if channel is not None and entry.channel not in changes.queue(entry.queue).waiting:
            enter_queue(changes, channel, entry.queue, changes.at_s - entry.waited_s)
    for member in snapshot.members:
        set_member(changes, member)
        tables.devices[tables.home(member.endpoint)] = member.device
    tables.devices.update(snapshot.devices)


def set_member(changes: Changes, event: MemberChanged) -> None:
    """A queue's member is as the event says; one paused for after-call work that is over is let go."""
    tables = changes.tables
    endpoint, queue = tables.home(event.endpoint), changes.queue(event.queue)
    before = queue.members.get(endpoint)
    member = Member(event.is_paused, clean_text(event.pause_reason), event.device, event.interface)
    tables.set_member(queue, endpoint, member)
    changes.touch_queue(event.queue)
    changes.touch_agent_at(endpoint)
    was_paused = before is not None and before.is_paused and before.pause_reason == WRAP_UP_REASON
    if member.is_paused and member.pause_reason == WRAP_UP_REASON and not was_paused:
        end_stale_pause(changes, endpoint)
