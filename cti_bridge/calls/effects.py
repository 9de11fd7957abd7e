"""Effects: what the bridge must do because a call changed, as plain data.

The reducer returns them, ``perform`` carries them out. Views are frozen copies
of the live tables; times are seconds since the Unix epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, TypeAlias

from cti_bridge.calls.events import AgentId, Endpoint, PbxId, QueueId
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
    ENDED = "ended"


class OfferState(StrEnum):
    """Where one call stands at one agent."""

    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class AgentState(StrEnum):
    """The system's view of an agent, derived from telephones and calls."""

    OFFLINE = "offline"
    READY = "ready"
    PAUSED = "paused"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    BUSY = "busy"


class WithdrawReason(StrEnum):
    """Why an offer left a screen before its agent answered."""

    ANSWERED_ELSEWHERE = "answered_elsewhere"
    ABANDONED = "abandoned"
    TIMEOUT = "timeout"
    REJECTED = "rejected"
    TRANSFERRED = "transferred"
    LOST = "lost"


class EndReason(StrEnum):
    """How a whole call ended.

    ``MERGED``: it went on as part of another call. ``LOST``: its end was not
    seen, a snapshot showed it gone.
    """

    COMPLETED = "completed"
    ABANDONED = "abandoned"
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
    """One call at one agent."""

    offer_id: OfferId
    agent_id: AgentId
    state: OfferState
    rang_at_s: float
    answered_at_s: float | None
    held_at_s: float | None
    ended_at_s: float | None


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
    """One agent. ``call_id`` is the call the agent is ringing for or talking on."""

    agent_id: AgentId
    pbx: PbxId
    endpoint: Endpoint
    state: AgentState
    since_s: float
    pause_reason: str
    call_id: CallId | None


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
)
