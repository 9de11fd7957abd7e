"""Handlers of a call that goes on elsewhere: transferred, picked up, parked."""

from __future__ import annotations

from cti_bridge.calls import events as ev
from cti_bridge.calls.changes import Changes
from cti_bridge.calls.correlate import merge
from cti_bridge.calls.legs import connect, reach
from cti_bridge.calls.numbers import clean_text
from cti_bridge.calls.outcomes import PartReason
from cti_bridge.calls.record import Transfer, TransferKind
from cti_bridge.calls.waits import park, unpark


def blind_transferred(changes: Changes, event: ev.BlindTransferred) -> None:
    """A party sent the call on unannounced."""
    channel = changes.tables.channels.get(event.channel)
    if channel is None:
        return
    call, leg = channel.call, channel.leg
    by = leg.agent_id if leg is not None else changes.tables.seats.get(channel.endpoint)
    if leg is not None:
        leg.part = PartReason.TRANSFERRED
    call.sent_on(Transfer(TransferKind.BLIND, event.at_s, by, clean_text(event.target)))
    changes.touch(call)


def attended_transferred(changes: Changes, event: ev.AttendedTransferred) -> None:
    """A party sent the call on after a word with who takes over: two calls become one."""
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


def call_picked_up(changes: Changes, event: ev.CallPickedUp) -> None:
    """A party took a call that rang elsewhere: two calls become one."""
    tables = changes.tables
    channel, target = tables.channels.get(event.channel), tables.channels.get(event.target)
    if channel is None or target is None:
        return
    if channel.call is not target.call:
        merge(changes, channel.call, target.call)
    reach(changes, target.call)
    connect(changes, channel)


def call_parked(changes: Changes, event: ev.CallParked) -> None:
    """The call waits in a slot."""
    channel = changes.tables.channels.get(event.channel)
    if channel is not None:
        park(changes, channel, clean_text(event.slot), event.by)


def call_unparked(changes: Changes, event: ev.CallUnparked) -> None:
    """The call left its slot."""
    channel = changes.tables.channels.get(event.channel)
    if channel is not None:
        unpark(changes, channel, event.how)
