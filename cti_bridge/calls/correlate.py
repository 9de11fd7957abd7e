"""Which channels are one call: sets of unique IDs that grow together.

A linked ID alone does not tell: it changes without an event of its own when
channels meet. So a new channel joins its linked channel's call, and calls
become one when a dial or a bridge joins their channels; the older one stays.
"""

from __future__ import annotations

from cti_bridge.calls.effects import CallId, CallView, Direction
from cti_bridge.calls.events import ChannelId, Endpoint
from cti_bridge.calls.numbers import CallerKind, clean_text, normalise
from cti_bridge.calls.state import Call, Channel, Live, PbxTables


def call_id_of(tables: PbxTables, linked: ChannelId) -> CallId:
    """The call's identity: its PBX and the unique ID of the channel that began it."""
    return CallId(f"{tables.pbx}-{linked}")


def add_channel(
    live: Live,
    tables: PbxTables,
    channel_id: ChannelId,
    linked: ChannelId,
    endpoint: Endpoint,
    is_glue: bool,
    number: str,
    name: str,
    dialled: str,
    at_s: float,
) -> tuple[Channel, bool]:
    """Put a new channel into its call; the flag says whether the call is new too."""
    relative = tables.channels.get(linked)
    call = relative.call if relative is not None else tables.calls.get(call_id_of(tables, linked))
    is_new = call is None
    if call is None:
        call = _begin(live, tables, channel_id, linked, endpoint, number, name, dialled, at_s)
        tables.calls[call.call_id] = call
    channel = Channel(channel_id, endpoint, is_glue, call)
    tables.channels[channel_id] = channel
    call.channels.add(channel_id)
    return channel, is_new


def _begin(
    live: Live,
    tables: PbxTables,
    channel_id: ChannelId,
    linked: ChannelId,
    endpoint: Endpoint,
    number: str,
    name: str,
    dialled: str,
    at_s: float,
) -> Call:
    """A new call. From an agent's telephone it goes out, and the other party is who was dialled."""
    direction = Direction.INBOUND
    caller = normalise(number, name, live.region)
    caller_name = clean_text(name)
    if endpoint in tables.seats and linked == channel_id:
        caller = normalise(dialled, "", live.region)
        caller_name = ""
        direction = Direction.OUTBOUND if caller.kind is CallerKind.NUMBER else Direction.INTERNAL
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
    )


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


def merge(tables: PbxTables, one: Call, other: Call) -> CallView:
    """Make two calls one: the older keeps its identity. Answers the other's last view."""
    keep, gone = sorted((one, other), key=lambda call: (call.started_at_s, call.call_id))
    last = gone.view()
    for channel_id in gone.channels:
        tables.channels[channel_id].call = keep
    keep.channels |= gone.channels
    for leg in gone.legs.values():
        leg.call = keep
    keep.legs |= gone.legs
    if gone.is_waiting and not keep.is_waiting:
        keep.queue, keep.queued_at_s, keep.is_waiting = gone.queue, gone.queued_at_s, True
    if keep.answered_at_s is None:
        keep.answered_at_s = gone.answered_at_s
    gone.channels, gone.legs = set(), {}
    tables.calls.pop(gone.call_id, None)
    return last
