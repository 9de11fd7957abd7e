"""The snapshot: the whole of a PBX at one moment, as an event."""

from __future__ import annotations

from dataclasses import dataclass

from cti_bridge.calls.ids import BridgeId, ChannelId, Endpoint, PbxId, QueueId
from cti_bridge.calls.queue_events import DeviceUse, MemberChanged


@dataclass(frozen=True, slots=True)
class SnapshotChannel:
    """One live channel in a snapshot."""

    channel: ChannelId
    linked: ChannelId
    endpoint: Endpoint
    is_glue: bool
    is_up: bool
    is_ringing: bool
    caller_number: str
    caller_name: str
    connected_number: str
    dialled: str
    bridge: BridgeId | None
    age_s: float


@dataclass(frozen=True, slots=True)
class SnapshotWaiting:
    """One caller waiting in a queue, in a snapshot."""

    queue: QueueId
    channel: ChannelId
    caller_number: str
    caller_name: str
    waited_s: float


@dataclass(frozen=True, slots=True)
class SnapshotQueue:
    """One queue in a snapshot."""

    queue: QueueId
    strategy: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole of a PBX at one moment: sent first after every connection.

    ``is_partial``: a part of it could not be read, so what it lacks may still
    be there. ``holding_bridges``: those in which nobody hears anybody.
    """

    pbx: PbxId
    at_s: float
    channels: tuple[SnapshotChannel, ...]
    queues: tuple[SnapshotQueue, ...]
    members: tuple[MemberChanged, ...]
    waiting: tuple[SnapshotWaiting, ...]
    devices: tuple[tuple[Endpoint, DeviceUse], ...]
    is_partial: bool = False
    holding_bridges: frozenset[BridgeId] = frozenset()
