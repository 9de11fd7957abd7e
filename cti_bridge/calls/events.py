"""Neutral call events: what happened at a PBX, in no vendor's spelling.

Every event names its PBX and bears the time it happened, ``at_s``, in seconds
since the Unix epoch. Queues' events are in ``calls.queue_events``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from cti_bridge.calls.ids import AgentId, BridgeId, ChannelId, Endpoint, PbxId
from cti_bridge.calls.outcomes import DialOutcome, ParkEnd
from cti_bridge.calls.queue_events import (
    DeviceChanged,
    MemberCalled,
    MemberChanged,
    MemberConnected,
    MemberNoAnswer,
    MemberRemoved,
    QueueAbandoned,
    QueueEntered,
    QueueLeft,
)
from cti_bridge.calls.snapshot import Snapshot


class Purpose(StrEnum):
    """Why the bridge had the PBX call an agent's telephone. ``LISTEN``: to hear, whisper or barge in."""

    CALL = "call"
    LISTEN = "listen"


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
class WrapUpExtended:
    """An agent takes longer for after-call work, until ``until_s``. Comes from the bridge."""

    pbx: PbxId
    at_s: float
    agent_id: AgentId
    until_s: float


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
    | WrapUpExtended
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
