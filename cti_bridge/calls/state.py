"""The live tables of calls, channels, queues and agents.

Only the reducer changes them, in place; what leaves is a frozen view. Times
are seconds since the Unix epoch.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import TypeVar

from cti_bridge.calls.effects import (
    AgentState,
    AgentView,
    CallId,
    CallState,
    CallView,
    Direction,
    OfferId,
    OfferState,
    OfferView,
    QueueView,
)
from cti_bridge.calls.events import AgentId, BridgeId, ChannelId, DeviceUse, Endpoint, PbxId, QueueId
from cti_bridge.calls.numbers import Caller
from cti_bridge.calls.transitions import LIVE

T = TypeVar("T")

# Late events for ended channels arrive within seconds; both bounds are generous.
MAX_TOMBSTONES = 20_000
TOMBSTONE_AGE_S = 120.0


@dataclass(slots=True, eq=False)
class Channel:
    """One channel. ``call`` is the call it is part of, ``leg`` the agent's side it carries.

    ``waits_in``: the queues it waits in, never more than one at a healthy PBX.
    """

    channel: ChannelId
    endpoint: Endpoint
    is_glue: bool
    call: Call
    is_up: bool = False
    is_ringing: bool = False
    bridge: BridgeId | None = None
    leg: Leg | None = None
    waits_in: set[QueueId] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Leg:
    """One call at one agent: one offer, over one or more of the agent's telephones.

    ``has_rung_out``: the queue took the ring back; a cancel that follows is no caller's doing.
    """

    offer_id: OfferId
    agent_id: AgentId
    call: Call
    channels: set[ChannelId]
    state: OfferState
    rang_at_s: float
    answered_at_s: float | None = None
    held_at_s: float | None = None
    ended_at_s: float | None = None
    has_rung_out: bool = False

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
        )


@dataclass(slots=True, eq=False)
class Call:
    """A set of channels with one identity. ``origin`` is the channel that began it."""

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
    is_abandoned: bool = False
    answered_at_s: float | None = None
    ended_at_s: float | None = None

    def state(self) -> CallState:
        """Where the call stands, derived from its legs and its place in a queue."""
        if self.ended_at_s is not None:
            return CallState.ENDED
        states = {leg.state for leg in self.legs.values()}
        if OfferState.TALKING in states:
            return CallState.TALKING
        if OfferState.HELD in states:
            return CallState.HELD
        if OfferState.RINGING in states:
            return CallState.RINGING
        return CallState.QUEUED if self.is_waiting else CallState.ARRIVING

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
        )


@dataclass(slots=True)
class Member:
    """One telephone in one queue."""

    is_paused: bool
    pause_reason: str
    device: DeviceUse


@dataclass(slots=True, eq=False)
class Queue:
    """One queue: who waits since when, and which telephones serve it. ``shown``: its last view sent out."""

    queue: QueueId
    waiting: dict[ChannelId, float] = field(default_factory=dict)
    members: dict[Endpoint, Member] = field(default_factory=dict)
    shown: QueueView | None = None

    def view(self, pbx: PbxId) -> QueueView:
        """A frozen copy."""
        ready = sum(1 for m in self.members.values() if not m.is_paused and m.device is DeviceUse.IDLE)
        return QueueView(pbx, self.queue, tuple(sorted(self.waiting.values())), len(self.members), ready)


@dataclass(slots=True, eq=False)
class Agent:
    """One agent: telephones, live legs, and the state derived from both. ``shown``: the last view out."""

    agent_id: AgentId
    seats: set[tuple[PbxId, Endpoint]] = field(default_factory=set)
    legs: dict[OfferId, Leg] = field(default_factory=dict)
    state: AgentState = AgentState.OFFLINE
    since_s: float = 0.0
    pause_reason: str = ""
    shown: AgentView | None = None

    def view(self) -> AgentView:
        """A frozen copy. The seat named first in order stands for all."""
        pbx, endpoint = min(self.seats)
        leg = next(iter(self.legs.values()), None)
        return AgentView(
            self.agent_id,
            pbx,
            endpoint,
            self.state,
            self.since_s,
            self.pause_reason,
            leg.call.call_id if leg else None,
        )


class Tombstones(OrderedDict[T, float]):
    """What ended and when, so that a late event does not raise it again; bounded in number and time."""

    def bury(self, key: T, at_s: float) -> None:
        """Remember that ``key`` ended at ``at_s``, and forget the oldest past either bound."""
        self[key] = at_s
        while self:
            oldest, buried_at_s = next(iter(self.items()))
            if len(self) <= MAX_TOMBSTONES and buried_at_s > at_s - TOMBSTONE_AGE_S:
                break
            del self[oldest]


@dataclass(slots=True, eq=False)
class PbxTables:
    """Everything live at one PBX. Unique IDs are keys only within it.

    ``memberships``: the queues' members by telephone, so that a change of one
    telephone costs the same in a centre of a hundred queues.
    """

    pbx: PbxId
    channels: dict[ChannelId, Channel] = field(default_factory=dict)
    calls: dict[CallId, Call] = field(default_factory=dict)
    bridges: dict[BridgeId, set[ChannelId]] = field(default_factory=dict)
    queues: dict[QueueId, Queue] = field(default_factory=dict)
    memberships: dict[Endpoint, dict[QueueId, Member]] = field(default_factory=dict)
    devices: dict[Endpoint, DeviceUse] = field(default_factory=dict)
    seats: dict[Endpoint, AgentId] = field(default_factory=dict)
    ended_channels: Tombstones[ChannelId] = field(default_factory=Tombstones[ChannelId])
    ended_calls: Tombstones[CallId] = field(default_factory=Tombstones[CallId])
    lost_at_s: float | None = None

    def set_member(self, queue: Queue, endpoint: Endpoint, member: Member) -> None:
        """Make a telephone serve a queue, or change how it does."""
        queue.members[endpoint] = self.memberships.setdefault(endpoint, {})[queue.queue] = member

    def drop_member(self, queue: Queue, endpoint: Endpoint) -> bool:
        """A telephone no longer serves a queue; answers whether it did."""
        served = self.memberships.get(endpoint)
        if served is not None:
            served.pop(queue.queue, None)
            if not served:
                del self.memberships[endpoint]
        return queue.members.pop(endpoint, None) is not None


@dataclass(slots=True, eq=False)
class Live:
    """The live state of all PBXs. ``region`` says how numbers without a country code are read."""

    region: str = "JP"
    pbxs: dict[PbxId, PbxTables] = field(default_factory=dict)
    agents: dict[AgentId, Agent] = field(default_factory=dict)
    unlisted: Counter[str] = field(default_factory=Counter)

    def tables(self, pbx: PbxId) -> PbxTables:
        """The tables of one PBX, made at its first event."""
        tables = self.pbxs.get(pbx)
        if tables is None:
            tables = self.pbxs[pbx] = PbxTables(pbx)
        return tables
