"""Which channels are one call: sets of unique IDs that grow together.

A linked ID alone does not tell: it changes without an event of its own when
channels meet. So a new channel joins its linked channel's call, and calls
become one when a dial, a pickup or a bridge joins their channels.
"""

from __future__ import annotations

from cti_bridge.calls import effects as ef
from cti_bridge.calls.call import Call, Channel, Leg
from cti_bridge.calls.changes import Changes
from cti_bridge.calls.events import Purpose
from cti_bridge.calls.ids import AgentId, BridgeId, CallId, ChannelId, Endpoint
from cti_bridge.calls.legs import connect, join
from cti_bridge.calls.numbers import Caller, CallerKind, clean_text
from cti_bridge.calls.outcomes import EndReason
from cti_bridge.calls.state import PbxTables
from cti_bridge.calls.views import Direction, OfferState


def call_id_of(tables: PbxTables, linked: ChannelId) -> CallId:
    """The call's identity: its PBX and the unique ID of the channel that began it."""
    return CallId(f"{tables.pbx}-{linked}")


def add_channel(
    changes: Changes,
    channel_id: ChannelId,
    linked: ChannelId,
    endpoint: Endpoint,
    is_glue: bool,
    number: str,
    name: str,
    dialled: str,
    at_s: float,
    is_dialled: bool = False,
) -> Channel:
    """Put a new channel into its call; a new call is shown, and its caller's card asked for."""
    tables = changes.tables
    relative = tables.channels.get(linked)
    call = relative.call if relative is not None else tables.calls.get(call_id_of(tables, linked))
    is_new = call is None
    if call is None:
        call = _begin(changes, channel_id, linked, endpoint, number, name, dialled, at_s, is_dialled)
        tables.calls[call.call_id] = call
    channel = Channel(channel_id, endpoint, is_glue, call, is_dialled, is_spy=call.is_listening)
    tables.channels[channel_id] = channel
    call.channels.add(channel_id)
    if is_new:
        changes.touch(call)
        changes.prefetch(call)
    return channel


def _begin(
    changes: Changes,
    channel_id: ChannelId,
    linked: ChannelId,
    endpoint: Endpoint,
    number: str,
    name: str,
    dialled: str,
    at_s: float,
    is_dialled: bool,
) -> Call:
    """A new call. From an agent's telephone it goes out, and the other party is who was dialled."""
    tables, rules = changes.tables, changes.tables.rules
    direction = Direction.INBOUND
    caller = rules.caller(number, name)
    caller_name = rules.name(name)
    is_listening = False
    ours = tables.originated.pop(channel_id, None)
    if ours is not None:
        dialled = ours[0]
        is_listening = ours[1] is Purpose.LISTEN
    if ours is not None or (endpoint in tables.seats and linked == channel_id):
        # An agent's telephone that the PBX rings by itself was dialled by nobody: by a click somewhere.
        caller = rules.caller(dialled if ours is not None or not is_dialled else "")
        caller_name = ""
        direction = Direction.OUTBOUND if caller.kind is CallerKind.NUMBER else Direction.INTERNAL
        if is_listening:
            direction = Direction.INTERNAL
    elif caller.kind is CallerKind.EXTENSION:
        direction = Direction.INTERNAL
    return Call(
        call_id_of(tables, linked),
        tables.pbx,
        channel_id,
        direction,
        caller,
        caller_name,
        clean_text(dialled),
        at_s,
        is_listening=is_listening,
    )


def identify(changes: Changes, channel: Channel, caller: Caller, name: str) -> None:
    """Take a better number for who is on the other side; a number is never lost for none."""
    call = channel.call
    if caller == call.caller or (
        call.caller.kind is CallerKind.NUMBER
        and caller.kind is not CallerKind.NUMBER
        and caller.kind is not CallerKind.PRIVATE
    ):
        return
    call.caller = caller
    call.caller_name = changes.tables.rules.name(name)
    changes.touch(call)
    changes.prefetch(call)


def leave_bridge(tables: PbxTables, channel: Channel) -> None:
    """Take a channel out of the bridge it is in, if any."""
    if channel.bridge is None:
        return
    inside = tables.bridges.get(channel.bridge)
    if inside is not None:
        inside.discard(channel.channel)
        if not inside:
            del tables.bridges[channel.bridge]
    channel.bridge = None


def enter_bridge(changes: Changes, channel: Channel, bridge: BridgeId) -> None:
    """A channel hears the others in a bridge from here: they are one call, and agents among them talk."""
    tables = changes.tables
    others = [tables.channels[other] for other in tables.bridges.get(bridge, ()) if other != channel.channel]
    for neighbour in others:
        if neighbour.call is not channel.call:
            merge(changes, channel.call, neighbour.call)
    leave_bridge(tables, channel)
    tables.bridges.setdefault(bridge, set()).add(channel.channel)
    channel.bridge = bridge
    if others:
        for party in (*others, channel):
            connect(changes, party)


def merge(changes: Changes, one: Call, other: Call) -> None:
    """Make two calls one, and leave no agent with two ringing offers for it.

    The call with somebody outside keeps its identity, else the older one.
    """
    keep, gone = sorted(
        (one, other),
        key=lambda call: (call.direction is Direction.INTERNAL, call.started_at_s, call.call_id),
    )
    last = gone.view()
    for channel_id in gone.channels:
        changes.tables.channels[channel_id].call = keep
    keep.absorb(gone)
    changes.tables.calls.pop(gone.call_id, None)
    changes.calls.pop(gone.call_id, None)
    changes.records.pop(gone.call_id, None)
    changes.out.append(ef.CloseCall(last, EndReason.MERGED, into=keep.call_id))
    if gone.is_written:
        keep.is_written = True
        changes.out.append(ef.RecordCall(keep.record(), absorbed=gone.call_id))
    ringing: dict[AgentId, Leg] = {}
    for leg in list(keep.legs.values()):
        if leg.state is OfferState.RINGING:
            first = ringing.setdefault(leg.agent_id, leg)
            if first is not leg:
                join(changes, first, leg)
    changes.touch(keep)
