"""Handlers of what happens at queues: callers who wait, members who serve, their telephones."""

from __future__ import annotations

from cti_bridge.calls import queue_events as qe
from cti_bridge.calls.changes import Changes
from cti_bridge.calls.correlate import identify, merge
from cti_bridge.calls.outcomes import QueueOutcome
from cti_bridge.calls.presence import use_device
from cti_bridge.calls.reconcile import set_member
from cti_bridge.calls.waits import enter_queue, leave_queue


def queue_entered(changes: Changes, event: qe.QueueEntered) -> None:
    """A caller waits."""
    channel = changes.tables.channels.get(event.channel)
    if channel is None or event.channel in changes.queue(event.queue).waiting:
        return
    # A number in clear beside its own prohibition is not taken: trusted trunks send both.
    if channel.endpoint not in changes.tables.seats and not channel.call.is_withheld:
        caller = changes.tables.rules.caller(event.caller_number, event.caller_name)
        identify(changes, channel, caller, event.caller_name)
    enter_queue(changes, channel, event.queue, event.at_s)


def queue_left(changes: Changes, event: qe.QueueLeft) -> None:
    """A caller waits no more."""
    leave_queue(changes, event.channel, event.queue)


def queue_abandoned(changes: Changes, event: qe.QueueAbandoned) -> None:
    """A caller left unserved, by a hang-up or because the time was over."""
    channel = changes.tables.channels.get(event.channel)
    if channel is not None and event.channel in changes.queue(event.queue).waiting:
        # A queue whose time is over, and a PBX that stops, tell it with the same event.
        channel.call.is_abandoned = channel.has_hung_up and not changes.is_stopping
    leave_queue(changes, event.channel, event.queue)


def member_called(changes: Changes, event: qe.MemberCalled) -> None:
    """The telephone a queue rings is part of the caller's call."""
    caller = changes.tables.channels.get(event.channel)
    dest = changes.tables.channels.get(event.dest)
    if caller is not None and dest is not None and caller.call is not dest.call:
        merge(changes, caller.call, dest.call)


def member_connected(changes: Changes, event: qe.MemberConnected) -> None:
    """A queue joined its caller to a member."""
    leave_queue(changes, event.channel, event.queue, QueueOutcome.ANSWERED)


def member_no_answer(changes: Changes, event: qe.MemberNoAnswer) -> None:
    """A member's telephone rang out."""
    channel = changes.tables.channels.get(event.dest)
    if channel is not None and channel.leg is not None:
        channel.leg.has_rung_out = True  # how it ended, in no answer or in a refusal, DialEnded tells


def member_changed(changes: Changes, event: qe.MemberChanged) -> None:
    """A queue's member is as told."""
    set_member(changes, event)
    use_device(changes, changes.tables.home(event.endpoint), event.device)


def member_removed(changes: Changes, event: qe.MemberRemoved) -> None:
    """A queue's member is no longer one."""
    endpoint = changes.tables.home(event.endpoint)
    if changes.tables.drop_member(changes.queue(event.queue), endpoint):
        changes.touch_queue(event.queue)
        changes.touch_agent_at(endpoint)


def device_changed(changes: Changes, event: qe.DeviceChanged) -> None:
    """A telephone's use is as told."""
    use_device(changes, event.endpoint, event.device)
