"""One live call: its channels, its agents' legs, and what it has been through.

Only the reducer changes these, in place; what leaves is a frozen view. Times
are seconds since the Unix epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cti_bridge.calls.ids import AgentId, BridgeId, CallId, ChannelId, Endpoint, OfferId, PbxId, QueueId
from cti_bridge.calls.numbers import Caller
from cti_bridge.calls.outcomes import EndReason, PartReason, QueueOutcome, WithdrawReason
from cti_bridge.calls.record import CallRecord, Hold, Park, QueueWait, Stint, Transfer
from cti_bridge.calls.transitions import LIVE
from cti_bridge.calls.views import CallState, CallView, Direction, OfferState, OfferView

# A caller who waits for an hour at a queue that rings twenty agents every twenty seconds makes 3,600;
# of those the first say as much as the last. Stints that were answered are always kept.
MAX_UNANSWERED_STINTS = 500
# Nobody sends one call on twice in this time; an event may come twice.
SAME_TRANSFER_S = 0.5


@dataclass(slots=True, eq=False)
class Channel:
    """One channel. ``call`` is the call it is part of, ``leg`` the agent's side it carries.

    ``waits_in``: the queues it waits in, never more than one at a healthy PBX.
    ``is_spy``: listens to a call without being part of it. ``has_hung_up``:
    the party did, and the channel is about to end. ``had_leg``: a channel
    carries one in its life, however often its events come.
    """

    channel: ChannelId
    endpoint: Endpoint
    is_glue: bool
    call: Call
    is_dialled: bool = False
    is_up: bool = False
    is_ringing: bool = False
    is_spy: bool = False
    has_hung_up: bool = False
    had_leg: bool = False
    bridge: BridgeId | None = None
    leg: Leg | None = None
    waits_in: set[QueueId] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Leg:
    """One call at one agent: one offer, over one or more of the agent's telephones.

    ``has_rung_out``: the queue took the ring back; a cancel that follows is no caller's doing.
    ``refusal``: how the agent's telephone sent the ring away.
    ``part``: how the agent's part will have ended, once the channel that follows is gone.
    """

    offer_id: OfferId
    agent_id: AgentId
    call: Call
    endpoint: Endpoint
    channels: set[ChannelId]
    state: OfferState
    rang_at_s: float
    answered_at_s: float | None = None
    held_at_s: float | None = None
    ended_at_s: float | None = None
    transferred_by: AgentId | None = None
    has_rung_out: bool = False
    refusal: WithdrawReason | None = None
    part: PartReason = PartReason.COMPLETED
    end: PartReason | WithdrawReason | None = None
    holds: list[Hold] = field(default_factory=list)

    def view(self) -> OfferView:
        """A frozen copy."""
        return OfferView(
            self.offer_id,
            self.agent_id,
            self.state,
            self.rang_at_s,
            self.answered_at_s,
            self.held_at_s,
            self.ended_at_s,
            self.transferred_by,
        )

    def stint(self) -> Stint:
        """What is to be kept of it, as far as it has come."""
        holds = self.holds if self.held_at_s is None else [*self.holds, Hold(self.held_at_s, None)]
        return Stint(
            self.offer_id,
            self.agent_id,
            self.endpoint,
            self.rang_at_s,
            self.answered_at_s,
            self.ended_at_s,
            self.end,
            tuple(holds),
            self.transferred_by,
        )


@dataclass(slots=True, eq=False)
class Call:
    """A set of channels with one identity. ``origin`` is the channel that began it.

    ``reached_at_s``: when a telephone last answered it; ``taken_at_s``: when
    one last stopped ringing for it as if another had. ``transferred_by``:
    who sent it on last. ``has_gap``: part of it went unseen. ``is_withheld``: the
    caller's number may not be shown, whatever else says it. ``is_written``:
    a record of it has gone out.
    """

    call_id: CallId
    pbx: PbxId
    origin: ChannelId
    direction: Direction
    caller: Caller
    caller_name: str
    dialled: str
    started_at_s: float
    channels: set[ChannelId] = field(default_factory=set)
    legs: dict[OfferId, Leg] = field(default_factory=dict)
    queue: QueueId | None = None
    queued_at_s: float | None = None
    is_waiting: bool = False
    is_parked: bool = False
    is_abandoned: bool = False
    is_listening: bool = False
    is_withheld: bool = False
    is_recorded: bool = False
    is_recording_muted: bool = False
    has_gap: bool = False
    is_written: bool = False
    reached_at_s: float | None = None
    taken_at_s: float | None = None
    answered_at_s: float | None = None
    ended_at_s: float | None = None
    outcome: EndReason | None = None
    transferred_by: AgentId | None = None
    queue_waits: list[QueueWait] = field(default_factory=list)
    stints: list[Stint] = field(default_factory=list)
    unanswered_stints: int = 0
    transfers: list[Transfer] = field(default_factory=list)
    parks: list[Park] = field(default_factory=list)

    @property
    def is_outbound(self) -> bool:
        """Whether an agent called somebody outside."""
        return self.direction is Direction.OUTBOUND

    def state(self) -> CallState:
        """Where the call stands, derived from its legs and its place in a queue or a parking lot."""
        if self.ended_at_s is not None:
            return CallState.ENDED
        states = {leg.state for leg in self.legs.values()}
        if OfferState.TALKING in states:
            return CallState.TALKING
        if OfferState.HELD in states:
            return CallState.HELD
        if OfferState.RINGING in states or OfferState.DIALLING in states:
            return CallState.RINGING
        if self.is_parked:
            return CallState.PARKED
        if self.is_waiting:
            return CallState.QUEUED
        return CallState.ARRIVING if self.reached_at_s is None else CallState.TALKING

    def view(self) -> CallView:
        """A frozen copy; its offers are the live ones."""
        return CallView(
            self.call_id,
            self.pbx,
            self.direction,
            self.state(),
            self.caller,
            self.caller_name,
            self.dialled,
            self.queue,
            self.started_at_s,
            self.queued_at_s,
            self.answered_at_s,
            self.ended_at_s,
            tuple(leg.view() for leg in self.legs.values() if leg.state in LIVE),
            self.is_recorded,
            self.is_recording_muted,
        )

    def record(self) -> CallRecord:
        """All that is to be kept of it, as far as it has come; stints in the order they began."""
        stints = [*self.stints, *(leg.stint() for leg in self.legs.values())]
        return CallRecord(
            self.call_id,
            self.pbx,
            self.direction,
            self.caller,
            self.caller_name,
            self.dialled,
            self.started_at_s,
            self.answered_at_s,
            self.ended_at_s,
            self.outcome,
            tuple(self.queue_waits),
            tuple(sorted(stints, key=lambda stint: (stint.rang_at_s, stint.offer_id))),
            tuple(self.transfers),
            tuple(self.parks),
            self.has_gap,
        )

    def keep_stint(self, leg: Leg) -> None:
        """A leg is over: remember it, and forget the oldest unanswered one past the bound."""
        self.stints.append(leg.stint())
        if leg.answered_at_s is not None:
            return
        self.unanswered_stints += 1
        if self.unanswered_stints > MAX_UNANSWERED_STINTS:
            self.unanswered_stints -= 1
            oldest = next(n for n, stint in enumerate(self.stints) if stint.answered_at_s is None)
            del self.stints[oldest]

    def absorb(self, gone: Call) -> None:
        """Take over what another call was and had been through; the rest of it is worth nothing now."""
        for leg in gone.legs.values():
            leg.call = self
        self.channels |= gone.channels
        self.legs |= gone.legs
        if gone.is_waiting and not self.is_waiting:
            self.queue, self.queued_at_s, self.is_waiting = gone.queue, gone.queued_at_s, True
        self.is_parked |= gone.is_parked
        self.is_recorded |= gone.is_recorded
        self.has_gap |= gone.has_gap
        self.reached_at_s = _latest(self.reached_at_s, gone.reached_at_s)
        self.transferred_by = self.transferred_by or gone.transferred_by
        self.queue_waits += gone.queue_waits
        self.stints += gone.stints
        self.unanswered_stints += gone.unanswered_stints
        self.transfers += gone.transfers
        self.parks += gone.parks
        gone.channels, gone.legs = set(), {}

    def sent_on(self, transfer: Transfer) -> None:
        """The call was sent on; the same said twice is one transfer."""
        self.transferred_by = transfer.by
        last = self.transfers[-1] if self.transfers else None
        if last is None or last.kind is not transfer.kind or transfer.at_s - last.at_s > SAME_TRANSFER_S:
            self.transfers.append(transfer)

    # -- waits and parks, of which at most the last one lasts ---------------------------------

    def begin_wait(self, queue: QueueId, entered_at_s: float) -> None:
        """The call waits in a queue."""
        self.queue, self.queued_at_s, self.is_waiting = queue, entered_at_s, True
        self.queue_waits.append(QueueWait(queue, entered_at_s, None, QueueOutcome.OFFERED))

    def end_wait(self, ended: QueueWait) -> None:
        """The wait in that queue that lasts is over."""
        self.is_waiting = False
        for place in range(len(self.queue_waits) - 1, -1, -1):
            wait = self.queue_waits[place]
            if wait.queue == ended.queue and wait.left_at_s is None:
                self.queue_waits[place] = ended
                return

    def end_park(self, at_s: float, how: Park | None = None) -> None:
        """The stay in a parking slot that lasts is over; ``how`` replaces what was known of it."""
        self.is_parked = False
        if self.parks and self.parks[-1].ended_at_s is None:
            self.parks[-1] = how or replace(self.parks[-1], ended_at_s=at_s)


def _latest(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return one if other is None else other
    return max(one, other)
