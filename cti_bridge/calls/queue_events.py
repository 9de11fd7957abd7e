"""Neutral queue events: what happened to callers who wait, members who serve, members' telephones.

Every event names its PBX; ``at_s`` is as in ``calls.events``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cti_bridge.calls.ids import ChannelId, Endpoint, PbxId, QueueId


class DeviceUse(StrEnum):
    """What a telephone is doing, as the PBX sees it."""

    UNKNOWN = "unknown"
    IDLE = "idle"
    RINGING = "ringing"
    IN_USE = "in_use"
    ON_HOLD = "on_hold"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class QueueEntered:
    """A caller joined a queue."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    queue: QueueId
    caller_number: str
    caller_name: str


@dataclass(frozen=True, slots=True)
class QueueLeft:
    """A caller left a queue, by an answer or in any other way."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    queue: QueueId


@dataclass(frozen=True, slots=True)
class QueueAbandoned:
    """A caller left a queue unserved: gave up, or was sent away when the time allowed was over."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    queue: QueueId


@dataclass(frozen=True, slots=True)
class MemberCalled:
    """A queue rings a member's telephone; ``dest`` is the channel that rings."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    queue: QueueId
    endpoint: Endpoint
    dest: ChannelId


@dataclass(frozen=True, slots=True)
class MemberConnected:
    """A queue joined its caller to ``dest``. The member it names may be wrong after a pickup."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    queue: QueueId
    endpoint: Endpoint
    dest: ChannelId


@dataclass(frozen=True, slots=True)
class MemberNoAnswer:
    """A member's telephone rang out."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    queue: QueueId
    endpoint: Endpoint
    dest: ChannelId


@dataclass(frozen=True, slots=True)
class MemberChanged:
    """A queue member as it is now: added, paused or otherwise changed.

    ``interface`` is what the PBX calls the member, which may lead to the telephone by a detour.
    """

    pbx: PbxId
    at_s: float
    queue: QueueId
    endpoint: Endpoint
    name: str
    is_paused: bool
    pause_reason: str
    device: DeviceUse
    interface: str = ""


@dataclass(frozen=True, slots=True)
class MemberRemoved:
    """A queue member was taken out of its queue."""

    pbx: PbxId
    at_s: float
    queue: QueueId
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """A telephone's use changed."""

    pbx: PbxId
    at_s: float
    endpoint: Endpoint
    device: DeviceUse
