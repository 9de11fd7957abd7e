"""The record: what is kept of a call.

Times are seconds since the Unix epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cti_bridge.calls.ids import AgentId, CallId, Endpoint, OfferId, PbxId, QueueId
from cti_bridge.calls.numbers import Caller
from cti_bridge.calls.outcomes import EndReason, ParkEnd, PartReason, QueueOutcome, WithdrawReason
from cti_bridge.calls.views import Direction


class TransferKind(StrEnum):
    """``ATTENDED``: after a word with whoever takes over."""

    BLIND = "blind"
    ATTENDED = "attended"


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
