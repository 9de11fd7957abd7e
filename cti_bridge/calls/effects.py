"""Effects: what the bridge must do because a call changed, as plain data.

The reducer returns them, ``perform`` carries them out. Views are frozen copies
of the live tables; times are seconds since the Unix epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, TypeAlias

from cti_bridge.calls.events import AgentId, Endpoint, ParkEnd, PbxId, QueueId
from cti_bridge.calls.numbers import Caller

CallId = NewType("CallId", str)
OfferId = NewType("OfferId", str)


class Direction(StrEnum):
    """Seen from the centre."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class CallState(StrEnum):
    """Where a whole call stands."""

    ARRIVING = "arriving"
    QUEUED = "queued"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    PARKED = "parked"
    ENDED = "ended"


class OfferState(StrEnum):
    """Where one call stands at one agent. ``DIALLING``: the agent calls out and nobody answered yet."""

    DIALLING = "dialling"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class AgentStatus(StrEnum):
    """The agent's own choice, as the PBX's queues keep it.

    ``SIGNED_OUT``: serves no queue and no telephone of theirs is reachable.
    """

    AVAILABLE = "available"
    PAUSED = "paused"
    SIGNED_OUT = "signed_out"


class AgentState(StrEnum):
    """The system's view of an agent, derived from telephones and calls. ``BUSY``: with a call we know not."""

    OFFLINE = "offline"
    READY = "ready"
    PAUSED = "paused"
    DIALLING = "dialling"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    WRAP_UP = "wrap_up"
    BUSY = "busy"


class WithdrawReason(StrEnum):
    """Why an offer left a screen before its agent answered.

    ``ABANDONED``: the caller gave up. ``CANCELLED``: a colleague who was asking took it back.
    ``NOT_REACHED``: whom the agent called did not answer.
    """

    ANSWERED_ELSEWHERE = "answered_elsewhere"
    ABANDONED = "abandoned"
    TIMEOUT = "timeout"
    REJECTED = "rejected"
    TRANSFERRED = "transferred"
    CANCELLED = "cancelled"
    NOT_REACHED = "not_reached"
    LOST = "lost"


class PartReason(StrEnum):
    """How an agent's part of an answered call ended. ``TRANSFERRED``: the call went on elsewhere."""

    COMPLETED = "completed"
    TRANSFERRED = "transferred"
    PARKED = "parked"
    LOST = "lost"


class TransferKind(StrEnum):
    """``ATTENDED``: after a word with whoever takes over."""

    BLIND = "blind"
    ATTENDED = "attended"


class EndReason(StrEnum):
    """How a whole call ended.

    ``ABANDONED``: who called gave up waiting. ``NOT_REACHED``: whom the agent
    called did not answer. ``MERGED``: it went on as part of another call.
    ``LOST``: its end was not seen, or the PBX stopped under it.
    """

    COMPLETED = "completed"
    ABANDONED = "abandoned"
    NOT_REACHED = "not_reached"
    MERGED = "merged"
    LOST = "lost"


class QueueOutcome(StrEnum):
    """What a queue counts of one caller. ``LEFT``: neither answered nor abandoned (timeout, overflow)."""

    OFFERED = "offered"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class OfferView:
    """One call at one agent. ``transferred_by``: the agent who sent the call on before it came here."""

    offer_id: OfferId
    agent_id: AgentId
    state: OfferState
    rang_at_s: float
    answered_at_s: float | None
    held_at_s: float | None
    ended_at_s: float | None
    transferred_by: AgentId | None = None


@dataclass(frozen=True, slots=True)
class CallView:
    """One call. ``queue`` is the last queue it waited in; ``dialled`` the number it was sent to."""

    call_id: CallId
    pbx: PbxId
    direction: Direction
    state: CallState
    caller: Caller
    caller_name: str
    dialled: str
    queue: QueueId | None
    started_at_s: float
    queued_at_s: float | None
    answered_at_s: float | None
    ended_at_s: float | None
    offers: tuple[OfferView, ...]
    is_recorded: bool = False
    is_recording_muted: bool = False


@dataclass(frozen=True, slots=True)
class QueueView:
    """One queue. ``waiting_since_s``: when each waiting caller entered, oldest first."""

    pbx: PbxId
    queue: QueueId
    waiting_since_s: tuple[float, ...]
    members: int
    ready: int


@dataclass(frozen=True, slots=True)
class AgentView:
    """One agent. ``call_id`` is the call the agent is ringing for or talking on.

    ``endpoint`` is the telephone in use, else the first of the agent's.
    ``wrap_up_until_s``: when after-call work will be cut off, while it lasts.
    """

    agent_id: AgentId
    pbx: PbxId
    endpoint: Endpoint
    state: AgentState
    since_s: float
    pause_reason: str
    call_id: CallId | None
    status: AgentStatus = AgentStatus.AVAILABLE
    wrap_up_until_s: float | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A time on hold. ``ended_at_s`` is missing while it lasts."""

    began_at_s: float
    ended_at_s: float | None


@dataclass(frozen=True, slots=True)
class Stint:
    """One call at one agent, from the first ring to the end: what an offer leaves behind.

    ``end`` is missing while it lasts. ``endpoint``: the telephone that
    answered, or the first that rang.
    """

    offer_id: OfferId
    agent_id: AgentId
    endpoint: Endpoint
    rang_at_s: float
    answered_at_s: float | None
    ended_at_s: float | None
    end: PartReason | WithdrawReason | None
    holds: tuple[Hold, ...]
    transferred_by: AgentId | None


@dataclass(frozen=True, slots=True)
class QueueWait:
    """One wait of a call in a queue. ``outcome`` is OFFERED while it lasts."""

    queue: QueueId
    entered_at_s: float
    left_at_s: float | None
    outcome: QueueOutcome


@dataclass(frozen=True, slots=True)
class Transfer:
    """A call was sent on. ``by``: the agent, if one did. ``to``: an extension, or the agent's id."""

    kind: TransferKind
    at_s: float
    by: AgentId | None
    to: str


@dataclass(frozen=True, slots=True)
class Park:
    """A time in a parking slot. ``how`` is missing while it lasts."""

    slot: str
    began_at_s: float
    ended_at_s: float | None
    by: AgentId | None
    how: ParkEnd | None


@dataclass(frozen=True, slots=True)
class CallRecord:
    """All that is kept of one call. ``ended_at_s`` and ``outcome`` are missing while it lives.

    ``answered_at_s``: when somebody first spoke with who called, or with whom
    was called. ``has_gap``: part of it went unseen, so times may be too short.
    """

    call_id: CallId
    pbx: PbxId
    direction: Direction
    caller: Caller
    caller_name: str
    dialled: str
    started_at_s: float
    answered_at_s: float | None
    ended_at_s: float | None
    outcome: EndReason | None
    queue_waits: tuple[QueueWait, ...]
    stints: tuple[Stint, ...]
    transfers: tuple[Transfer, ...]
    parks: tuple[Park, ...]
    has_gap: bool


@dataclass(frozen=True, slots=True)
class PrefetchCard:
    """Fetch the caller's card now, so that it waits ready when an agent rings."""

    call_id: CallId
    caller: Caller


@dataclass(frozen=True, slots=True)
class OfferCall:
    """Show this call on this agent's screen: the telephone rings there."""

    call: CallView
    offer: OfferView


@dataclass(frozen=True, slots=True)
class WithdrawOffer:
    """Take this call off this agent's screen."""

    call: CallView
    offer: OfferView
    reason: WithdrawReason


@dataclass(frozen=True, slots=True)
class ConnectOffer:
    """Show that the agent answered."""

    call: CallView
    offer: OfferView


@dataclass(frozen=True, slots=True)
class HoldOffer:
    """Show that the agent's call is on hold."""

    call: CallView
    offer: OfferView


@dataclass(frozen=True, slots=True)
class ResumeOffer:
    """Show that the agent's call is off hold."""

    call: CallView
    offer: OfferView


@dataclass(frozen=True, slots=True)
class EndOffer:
    """Show that the agent's part of an answered call is over."""

    call: CallView
    offer: OfferView
    reason: PartReason


@dataclass(frozen=True, slots=True)
class ShowCall:
    """A call changed at ``at_s``: the board shows it so."""

    call: CallView
    at_s: float


@dataclass(frozen=True, slots=True)
class CloseCall:
    """A call is over: take it off the board, forget its card. ``into``: the call it was merged into."""

    call: CallView
    reason: EndReason
    into: CallId | None = None


@dataclass(frozen=True, slots=True)
class ShowQueue:
    """A queue changed."""

    queue: QueueView


@dataclass(frozen=True, slots=True)
class DropQueue:
    """A queue is no longer there."""

    pbx: PbxId
    queue: QueueId


@dataclass(frozen=True, slots=True)
class CountQueueCall:
    """Count one caller of a queue. ``wait_s``: time since entering it, 0 for ``OFFERED``."""

    pbx: PbxId
    queue: QueueId
    outcome: QueueOutcome
    wait_s: float
    at_s: float


@dataclass(frozen=True, slots=True)
class ShowAgent:
    """An agent's state changed."""

    agent: AgentView


@dataclass(frozen=True, slots=True)
class DropAgent:
    """An agent has no telephone any more."""

    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class ShowSource:
    """A PBX was reached or lost. ``gap_s``: how long it had been out of sight."""

    pbx: PbxId
    is_connected: bool
    at_s: float
    gap_s: float | None = None


@dataclass(frozen=True, slots=True)
class RecordCall:
    """Write down what is known of a call: at every answer, and once at its end.

    Each record holds everything so far and replaces the one before it.
    ``absorbed``: a call that became part of this one; what was written of it goes.
    """

    record: CallRecord
    absorbed: CallId | None = None


@dataclass(frozen=True, slots=True)
class BeginWrapUp:
    """Give an agent time for after-call work: no queue rings ``seats``, telephones, until ``until_s``."""

    agent: AgentView
    call_id: CallId
    until_s: float
    seats: tuple[tuple[PbxId, Endpoint], ...]


@dataclass(frozen=True, slots=True)
class EndWrapUp:
    """An agent's after-call work is over: queues may ring the telephones at ``seats`` again."""

    agent: AgentView
    seats: tuple[tuple[PbxId, Endpoint], ...]


Effect: TypeAlias = (
    PrefetchCard
    | OfferCall
    | WithdrawOffer
    | ConnectOffer
    | HoldOffer
    | ResumeOffer
    | EndOffer
    | ShowCall
    | CloseCall
    | ShowQueue
    | DropQueue
    | CountQueueCall
    | ShowAgent
    | DropAgent
    | ShowSource
    | RecordCall
    | BeginWrapUp
    | EndWrapUp
)
