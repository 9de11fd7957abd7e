"""Neutral call events: what happened at a PBX, in no vendor's spelling.

Every event names its PBX and bears the time it happened, ``at_s``, in seconds
since the Unix epoch. Channels are named by the PBX's unique ID, which is
unique within one PBX. An ``endpoint`` is a telephone's address at its PBX
without the per-call suffix, for example ``PJSIP/1001``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, TypeAlias

PbxId = NewType("PbxId", str)
ChannelId = NewType("ChannelId", str)
BridgeId = NewType("BridgeId", str)
QueueId = NewType("QueueId", str)
AgentId = NewType("AgentId", str)
Endpoint = NewType("Endpoint", str)


class DialOutcome(StrEnum):
    """How one dialled leg ended, from the side of the one who dialled.

    ``FORWARDED``: the telephone sent the call on to another.
    """

    ANSWERED = "answered"
    FORWARDED = "forwarded"
    CANCELLED = "cancelled"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"


class ParkEnd(StrEnum):
    """How a parked call left its slot."""

    RETRIEVED = "retrieved"
    TIMED_OUT = "timed_out"
    GAVE_UP = "gave_up"


class Purpose(StrEnum):
    """Why the bridge had the PBX call an agent's telephone. ``LISTEN``: to hear, whisper or barge in."""

    CALL = "call"
    LISTEN = "listen"


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
class ChannelCreated:
    """A channel appeared. ``caller_number`` and ``caller_name`` are raw, cleaned text.

    ``linked`` is the unique ID of the channel it belongs to (its own when it
    is the first). ``is_glue`` marks half of a local pair: never a party.
    ``is_dialled``: the PBX made it to ring a telephone; else the telephone called.
    """

    pbx: PbxId
    at_s: float
    channel: ChannelId
    linked: ChannelId
    endpoint: Endpoint
    is_glue: bool
    caller_number: str
    caller_name: str
    dialled: str
    is_up: bool = False
    is_dialled: bool = False


@dataclass(frozen=True, slots=True)
class CallerIdentified:
    """The number or name of the party on a channel became known or changed."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    caller_number: str
    caller_name: str
    is_withheld: bool = False


@dataclass(frozen=True, slots=True)
class DialBegan:
    """``dest`` was dialled by ``number``; ``source`` is missing when the PBX itself dialled."""

    pbx: PbxId
    at_s: float
    source: ChannelId | None
    dest: ChannelId
    number: str = ""


@dataclass(frozen=True, slots=True)
class ChannelRang:
    """The telephone behind ``channel`` began to ring."""

    pbx: PbxId
    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class DialEnded:
    """The dialling of ``dest`` ended. Sent twice for the losers of a ring-all."""

    pbx: PbxId
    at_s: float
    source: ChannelId | None
    dest: ChannelId
    outcome: DialOutcome


@dataclass(frozen=True, slots=True)
class ChannelAnswered:
    """The channel went up: its party, or an application, answered."""

    pbx: PbxId
    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class BridgeEntered:
    """A channel joined a bridge: from here it hears the others in it.

    ``is_holding``: nobody hears anybody there, as in a parking lot.
    """

    pbx: PbxId
    at_s: float
    channel: ChannelId
    bridge: BridgeId
    linked: ChannelId
    is_holding: bool = False


@dataclass(frozen=True, slots=True)
class BridgeLeft:
    """A channel left a bridge."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    bridge: BridgeId


@dataclass(frozen=True, slots=True)
class HoldStarted:
    """The party on ``channel`` put the other side on hold."""

    pbx: PbxId
    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class HoldEnded:
    """The party on ``channel`` took the other side back. May come without a start."""

    pbx: PbxId
    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class HangupRequested:
    """The party on ``channel`` hung up, refused the ring or gave up: theirs, not the PBX's doing.

    ``is_forwarding``: it sent the call on to another number instead.
    """

    pbx: PbxId
    at_s: float
    channel: ChannelId
    is_forwarding: bool = False


@dataclass(frozen=True, slots=True)
class ChannelEnded:
    """A channel hung up. ``cause`` is its Q.850 cause, 0 when the PBX gave none."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    cause: int


@dataclass(frozen=True, slots=True)
class BlindTransferred:
    """The party on ``channel`` sent the other side on to ``target``, an extension, and leaves."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    target: str


@dataclass(frozen=True, slots=True)
class AttendedTransferred:
    """A transfer with a consultation was completed.

    ``first`` is the transferer's channel in the call, ``second`` the one in
    the consultation; both leave, and ``first`` may be gone already.
    """

    pbx: PbxId
    at_s: float
    first: ChannelId
    second: ChannelId


@dataclass(frozen=True, slots=True)
class CallPickedUp:
    """The party on ``channel`` took the call that was ringing at ``target``."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    target: ChannelId


@dataclass(frozen=True, slots=True)
class CallParked:
    """``channel`` waits in a parking ``slot``. ``by``: the telephone that parked it, if the PBX says so."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    slot: str
    by: Endpoint | None


@dataclass(frozen=True, slots=True)
class CallUnparked:
    """``channel`` left its parking slot."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    how: ParkEnd


@dataclass(frozen=True, slots=True)
class SpyStarted:
    """The party on ``channel`` began to listen to ``target``."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    target: ChannelId


@dataclass(frozen=True, slots=True)
class RecordingStarted:
    """What is said on ``channel`` is recorded from here on."""

    pbx: PbxId
    at_s: float
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class RecordingMuted:
    """The recording of ``channel`` keeps silence in place of what is said, or no longer does."""

    pbx: PbxId
    at_s: float
    channel: ChannelId
    is_muted: bool


@dataclass(frozen=True, slots=True)
class PbxStopping:
    """The PBX ends its calls because it stops: what it says of them now is nobody's doing."""

    pbx: PbxId
    at_s: float


@dataclass(frozen=True, slots=True)
class CallOriginated:
    """The bridge asks the PBX to call an agent's telephone on ``channel``, then ``number``.

    Comes from the bridge, before the PBX is asked: so the agent's own ring is known for what it is.
    """

    pbx: PbxId
    at_s: float
    channel: ChannelId
    number: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class WrapUpEnded:
    """An agent's time for after-call work is over, or the agent is done with it. Comes from the bridge."""

    pbx: PbxId
    at_s: float
    agent_id: AgentId


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


@dataclass(frozen=True, slots=True)
class SourceLost:
    """The connection to a PBX was lost: what it does now is unknown."""

    pbx: PbxId
    at_s: float
    cause: str


@dataclass(frozen=True, slots=True)
class RosterChanged:
    """Which agent sits at which telephone of this PBX; replaces what was known."""

    pbx: PbxId
    at_s: float
    seats: tuple[tuple[Endpoint, AgentId], ...]


CallEvent: TypeAlias = (
    ChannelCreated
    | CallerIdentified
    | DialBegan
    | ChannelRang
    | DialEnded
    | ChannelAnswered
    | BridgeEntered
    | BridgeLeft
    | HoldStarted
    | HoldEnded
    | HangupRequested
    | ChannelEnded
    | BlindTransferred
    | AttendedTransferred
    | CallPickedUp
    | CallParked
    | CallUnparked
    | SpyStarted
    | RecordingStarted
    | RecordingMuted
    | PbxStopping
    | CallOriginated
    | WrapUpEnded
    | QueueEntered
    | QueueLeft
    | QueueAbandoned
    | MemberCalled
    | MemberConnected
    | MemberNoAnswer
    | MemberChanged
    | MemberRemoved
    | DeviceChanged
    | Snapshot
    | SourceLost
    | RosterChanged
)
