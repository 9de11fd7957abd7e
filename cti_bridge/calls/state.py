"""The live tables of calls, channels, queues and agents.

Only the reducer changes them, in place; what leaves is a frozen view. Times
are seconds since the Unix epoch.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import TypeVar

from cti_bridge.calls.call import Call, Channel, Leg
from cti_bridge.calls.events import Purpose
from cti_bridge.calls.ids import AgentId, BridgeId, CallId, ChannelId, Endpoint, OfferId, PbxId, QueueId
from cti_bridge.calls.numbers import NumberRules
from cti_bridge.calls.queue_events import DeviceUse
from cti_bridge.calls.views import AgentState, AgentStatus, AgentView, QueueView

T = TypeVar("T")

# Late events for ended channels arrive within seconds; both bounds are generous.
MAX_TOMBSTONES = 20_000
TOMBSTONE_AGE_S = 120.0
# A call we asked for begins within milliseconds; what never began must not pile up.
MAX_ORIGINATED = 1_000

DETOUR = "Local/"


@dataclass(slots=True)
class Member:
    """One telephone in one queue. ``interface``: what the PBX calls it there."""

    is_paused: bool
    pause_reason: str
    device: DeviceUse
    interface: str = ""

    def is_ready(self) -> bool:
        """Whether the queue may ring it now."""
        return not self.is_paused and self.device is DeviceUse.IDLE


@dataclass(slots=True, eq=False)
class Queue:
    """One queue: who waits since when, and which telephones serve it.

    ``ready``: members who could take a call now, counted as they change: adding
    them up at every event was half of all work in a centre of 200 agents.
    ``shown``: its last view sent out.
    """

    queue: QueueId
    waiting: dict[ChannelId, float] = field(default_factory=dict)
    members: dict[Endpoint, Member] = field(default_factory=dict)
    ready: int = 0
    shown: QueueView | None = None

    def view(self, pbx: PbxId) -> QueueView:
        """A frozen copy."""
        return QueueView(pbx, self.queue, tuple(sorted(self.waiting.values())), len(self.members), self.ready)


@dataclass(slots=True, eq=False)
class Agent:
    """One agent: telephones, live legs, and the state derived from both. ``shown``: the last view out."""

    agent_id: AgentId
    seats: set[tuple[PbxId, Endpoint]] = field(default_factory=set)
    legs: dict[OfferId, Leg] = field(default_factory=dict)
    state: AgentState = AgentState.OFFLINE
    status: AgentStatus = AgentStatus.SIGNED_OUT
    since_s: float = 0.0
    pause_reason: str = ""
    wrap_up_until_s: float | None = None
    shown: AgentView | None = None

    def view(self) -> AgentView:
        """A frozen copy. The telephone in use stands for all, else the one first in order."""
        leg = next(iter(self.legs.values()), None)
        pbx, endpoint = (leg.call.pbx, leg.endpoint) if leg else min(self.seats)
        return AgentView(
            self.agent_id,
            pbx,
            endpoint,
            self.state,
            self.since_s,
            self.pause_reason,
            leg.call.call_id if leg else None,
            self.status,
            self.wrap_up_until_s,
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
    telephone costs the same in a centre of a hundred queues. ``detours``: the
    telephone behind a member that is reached through a local channel.
    ``stopping_at_s``: when it last said that it hangs up on everybody because it stops.
    """

    pbx: PbxId
    rules: NumberRules = field(default_factory=NumberRules)
    channels: dict[ChannelId, Channel] = field(default_factory=dict)
    calls: dict[CallId, Call] = field(default_factory=dict)
    bridges: dict[BridgeId, set[ChannelId]] = field(default_factory=dict)
    queues: dict[QueueId, Queue] = field(default_factory=dict)
    memberships: dict[Endpoint, dict[QueueId, Member]] = field(default_factory=dict)
    devices: dict[Endpoint, DeviceUse] = field(default_factory=dict)
    seats: dict[Endpoint, AgentId] = field(default_factory=dict)
    detours: dict[Endpoint, Endpoint] = field(default_factory=dict)
    originated: dict[ChannelId, tuple[str, Purpose]] = field(default_factory=dict)
    ended_channels: Tombstones[ChannelId] = field(default_factory=Tombstones[ChannelId])
    ended_calls: Tombstones[CallId] = field(default_factory=Tombstones[CallId])
    is_seen: bool = False
    stopping_at_s: float | None = None
    lost_at_s: float | None = None

    def home(self, endpoint: Endpoint) -> Endpoint:
        """The telephone that a queue's member stands for."""
        return self.detours.get(endpoint, endpoint)

    def seat(self, seats: dict[Endpoint, AgentId]) -> None:
        """Replace who sits where. ``Local/1004`` stands for the one seat whose extension is 1004."""
        self.seats = seats
        by_extension: dict[str, list[Endpoint]] = {}
        for endpoint in seats:
            by_extension.setdefault(endpoint.partition("/")[2], []).append(endpoint)
        self.detours = {
            Endpoint(DETOUR + extension): found[0]
            for extension, found in by_extension.items()
            if len(found) == 1 and not found[0].startswith(DETOUR)
        }
        for queue in self.queues.values():
            for endpoint, member in list(queue.members.items()):
                if self.home(endpoint) != endpoint:
                    self.drop_member(queue, endpoint)
                    self.set_member(queue, self.home(endpoint), member)

    def set_member(self, queue: Queue, endpoint: Endpoint, member: Member) -> None:
        """Make a telephone serve a queue, or change how it does."""
        before = queue.members.get(endpoint)
        queue.ready += member.is_ready() - (before is not None and before.is_ready())
        queue.members[endpoint] = self.memberships.setdefault(endpoint, {})[queue.queue] = member

    def drop_member(self, queue: Queue, endpoint: Endpoint) -> bool:
        """A telephone no longer serves a queue; answers whether it did."""
        served = self.memberships.get(endpoint)
        if served is not None:
            served.pop(queue.queue, None)
            if not served:
                del self.memberships[endpoint]
        gone = queue.members.pop(endpoint, None)
        queue.ready -= gone is not None and gone.is_ready()
        return gone is not None

    def use_device(self, endpoint: Endpoint, device: DeviceUse) -> list[QueueId]:
        """A telephone's use changed, in every queue it serves too; which queues those are."""
        self.devices[endpoint] = device
        changed = []
        for name, member in self.memberships.get(endpoint, {}).items():
            if member.device is not device:
                was_ready = member.is_ready()
                member.device = device
                self.queues[name].ready += member.is_ready() - was_ready
                changed.append(name)
        return changed

    def expect(self, channel: ChannelId, number: str, purpose: Purpose) -> None:
        """A channel that we asked for will appear; the oldest that never did is forgotten past the bound."""
        self.originated[channel] = number, purpose
        if len(self.originated) > MAX_ORIGINATED:
            del self.originated[next(iter(self.originated))]


@dataclass(slots=True, eq=False)
class Live:
    """The live state of all PBXs.

    ``region`` says how numbers without a country code are read, ``rules`` how
    a PBX writes them where it has a way of its own; ``wrap_up_s`` how long
    after-call work may take.
    """

    region: str = "JP"
    wrap_up_s: float = 0.0
    rules: dict[PbxId, NumberRules] = field(default_factory=dict)
    pbxs: dict[PbxId, PbxTables] = field(default_factory=dict)
    agents: dict[AgentId, Agent] = field(default_factory=dict)
    unlisted: Counter[str] = field(default_factory=Counter)

    def tables(self, pbx: PbxId) -> PbxTables:
        """The tables of one PBX, made at its first event."""
        tables = self.pbxs.get(pbx)
        if tables is None:
            tables = self.pbxs[pbx] = PbxTables(pbx)
            tables.rules = self.rules.get(pbx) or NumberRules(self.region)
        return tables

    def agent(self, agent_id: AgentId) -> Agent:
        """The agent of that id, made at the first mention."""
        agent = self.agents.get(agent_id)
        if agent is None:
            agent = self.agents[agent_id] = Agent(agent_id)
        return agent
