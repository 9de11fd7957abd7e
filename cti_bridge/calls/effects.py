"""Effects: what the bridge must do because a call changed, as plain data.

The reducer returns them, ``perform`` carries them out. Times are seconds since the Unix epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from cti_bridge.calls.ids import AgentId, CallId, Endpoint, PbxId, QueueId
from cti_bridge.calls.numbers import Caller
from cti_bridge.calls.outcomes import EndReason, PartReason, QueueOutcome, WithdrawReason
from cti_bridge.calls.record import CallRecord
from cti_bridge.calls.views import AgentView, CallView, OfferView, QueueView


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
