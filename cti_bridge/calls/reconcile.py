"""A snapshot against what was known: ghosts closed, survivors kept, newcomers taken in.

Nobody sees a second pop for a call that lived through the gap: its offer
keeps its identity because its channels kept theirs.
"""

from __future__ import annotations

from cti_bridge.calls.changes import Changes
from cti_bridge.calls.correlate import add_channel, call_id_of, leave_bridge
from cti_bridge.calls.effects import DropQueue, EndReason, QueueOutcome
from cti_bridge.calls.events import Snapshot, SnapshotChannel
from cti_bridge.calls.state import Member
from cti_bridge.calls.transitions import LegTrigger


def reconcile(changes: Changes, snapshot: Snapshot) -> None:
    """Bring the live tables of one PBX to the state the snapshot shows."""
    _end_ghosts(changes, snapshot)
    # Oldest first, so that the channel that began a call is there before those that joined it.
    for seen in sorted(snapshot.channels, key=lambda channel: -channel.age_s):
        _take_in(changes, seen)
    for seen in snapshot.channels:
        _bridge(changes, seen)
    _queues(changes, snapshot)
    for seen in sorted(snapshot.channels, key=lambda channel: -channel.age_s):
        _show(changes, seen)
    changes.seat_agents(changes.tables.seats)


def _end_ghosts(changes: Changes, snapshot: Snapshot) -> None:
    present = {seen.channel for seen in snapshot.channels}
    for channel in [c for c in changes.tables.channels.values() if c.channel not in present]:
        if channel.channel in changes.tables.channels:
            changes.end_channel(channel, EndReason.LOST)


def _take_in(changes: Changes, seen: SnapshotChannel) -> None:
    tables = changes.tables
    if seen.channel in tables.channels:
        return
    tables.ended_channels.pop(seen.channel, None)
    tables.ended_calls.pop(call_id_of(tables, seen.linked), None)
    began_at_s = changes.at_s - seen.age_s
    channel, is_new = add_channel(
        changes.live,
        tables,
        seen.channel,
        seen.linked,
        seen.endpoint,
        seen.is_glue,
        seen.caller_number,
        seen.caller_name,
        seen.dialled,
        began_at_s,
    )
    if is_new:
        changes.touch(channel.call)
        changes.prefetch(channel.call)


def _bridge(changes: Changes, seen: SnapshotChannel) -> None:
    channel = changes.tables.channels.get(seen.channel)
    if channel is None or channel.bridge == seen.bridge:
        return
    if seen.bridge is None:
        leave_bridge(changes.tables, channel)
        return
    changes.enter_bridge(channel, seen.bridge)


def _show(changes: Changes, seen: SnapshotChannel) -> None:
    """Offer what rings, connect what talks; what was shown so already stays as it is."""
    channel = changes.tables.channels.get(seen.channel)
    if channel is None:
        return
    channel.is_up, channel.is_ringing = seen.is_up, seen.is_ringing
    if seen.is_ringing or (seen.is_up and seen.bridge is not None):
        changes.offer(channel)
    if seen.is_up and channel.leg is not None:
        changes.step(channel.leg, LegTrigger.ANSWERED)


def _queues(changes: Changes, snapshot: Snapshot) -> None:
    tables = changes.tables
    named = {queue.queue for queue in snapshot.queues}
    for name in [name for name in tables.queues if name not in named]:
        for channel_id in list(tables.queues[name].waiting):
            changes.leave_queue(channel_id, name, QueueOutcome.LEFT)
        for endpoint in list(tables.queues[name].members):
            tables.drop_member(tables.queues[name], endpoint)
        del tables.queues[name]
        changes.drop_queue(name)
        changes.out.append(DropQueue(tables.pbx, name))
    waiting = {(entry.queue, entry.channel): entry for entry in snapshot.waiting}
    for name in named:
        queue = changes.queue(name)
        for endpoint in list(queue.members):
            tables.drop_member(queue, endpoint)
        for channel_id in [c for c in queue.waiting if (name, c) not in waiting]:
            # Whether the caller was answered or gave up during the gap cannot be known.
            changes.leave_queue(channel_id, name, QueueOutcome.LEFT)
        changes.touch_queue(name)
    for entry in snapshot.waiting:
        channel = tables.channels.get(entry.channel)
        if channel is not None and entry.channel not in changes.queue(entry.queue).waiting:
            changes.enter_queue(channel, entry.queue, changes.at_s - entry.waited_s)
    for member in snapshot.members:
        state = Member(member.is_paused, member.pause_reason, member.device)
        tables.set_member(changes.queue(member.queue), member.endpoint, state)
        tables.devices[member.endpoint] = member.device
    tables.devices.update(snapshot.devices)
