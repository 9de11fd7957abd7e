"""Views: what is shown of the live tables, as frozen copies.

Times are seconds since the Unix epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cti_bridge.calls.ids import AgentId, CallId, Endpoint, OfferId, PbxId, QueueId
from cti_bridge.calls.numbers import Caller


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
