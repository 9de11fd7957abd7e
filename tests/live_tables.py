"""Live tables made by the reducer from a few events, for tests of what reads them."""

from __future__ import annotations

from dataclasses import dataclass, field

from cti_bridge.agents.permissions import Role
from cti_bridge.agents.roster import Agent
from cti_bridge.calls import events as ev
from cti_bridge.calls.ids import AgentId, BridgeId, CallId, ChannelId, Endpoint, PbxId, QueueId
from cti_bridge.calls.outcomes import DialOutcome
from cti_bridge.calls.queue_events import DeviceChanged, DeviceUse, MemberChanged
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.snapshot import Snapshot, SnapshotQueue
from cti_bridge.calls.state import Live, PbxTables

MAIN, OTHER_PBX = PbxId("main"), PbxId("branch")
ORDERS, SUPPORT = QueueId("orders"), QueueId("support")
CUSTOMER = ChannelId("100.1")


def person(agent_id: str, role: Role = "agent", name: str = "") -> Agent:
    return Agent(AgentId(agent_id), f"{agent_id}@shop", name or f"名 {agent_id}", "", role, "ja", None, ())


@dataclass
class Floor:
    """a1 to a4 sit at PJSIP/1001 to 1004 of "main"; 1001 and 1002 serve the queue "orders"."""

    live: Live = field(default_factory=Live)
    at_s: float = 1_800_000_000.0

    def __post_init__(self) -> None:
        seats = tuple((Endpoint(f"PJSIP/100{n}"), AgentId(f"a{n}")) for n in range(1, 5))
        self.say(ev.RosterChanged(MAIN, self.at_s, seats))
        members = tuple(
            MemberChanged(MAIN, self.at_s, ORDERS, Endpoint(one), "", False, "", DeviceUse.IDLE, one)
            for one in ("PJSIP/1001", "PJSIP/1002")
        )
        queues = (SnapshotQueue(ORDERS, "ringall"), SnapshotQueue(SUPPORT, "ringall"))
        devices = tuple((endpoint, DeviceUse.IDLE) for endpoint, _ in seats)
        self.say(Snapshot(MAIN, self.at_s, (), queues, members, (), devices))

    @property
    def tables(self) -> PbxTables:
        return self.live.tables(MAIN)

    def say(self, *events: ev.CallEvent) -> None:
        for event in events:
            reduce(self.live, event)

    def device(self, endpoint: str, use: DeviceUse) -> None:
        self.say(DeviceChanged(MAIN, self.at_s, Endpoint(endpoint), use))

    def ring(self, *agents: int, caller: ChannelId = CUSTOMER, number: str = "09012345678") -> CallId:
        """A customer calls and these agents' telephones ring, on channels 200.<n> of theirs."""
        self.say(self._channel(caller, caller, "PJSIP/trunk", number))
        for n in agents:
            own = self.own(n, caller)
            self.say(
                self._channel(own, caller, f"PJSIP/100{n}", f"100{n}"),
                ev.DialBegan(MAIN, self.at_s, caller, own, f"100{n}"),
                ev.ChannelRang(MAIN, self.at_s, own),
            )
        return self.tables.channels[caller].call.call_id

    def talk(self, agent: int, *others: int, caller: ChannelId = CUSTOMER) -> CallId:
        """The agent answers; the others ring no more."""
        call_id = self.ring(agent, *others, caller=caller)
        own = self.own(agent, caller)
        self.say(
            ev.ChannelAnswered(MAIN, self.at_s, own),
            ev.DialEnded(MAIN, self.at_s, caller, own, DialOutcome.ANSWERED),
            *(ev.ChannelEnded(MAIN, self.at_s, self.own(n, caller), 26) for n in others),
            ev.ChannelAnswered(MAIN, self.at_s, caller),
        )
        self.bridge(f"b-{caller}", own, caller)
        self.device(f"PJSIP/100{agent}", DeviceUse.IN_USE)
        return call_id

    def bridge(self, bridge: str, *channels: ChannelId) -> None:
        for channel in channels:
            linked = self.tables.channels[channel].call.origin
            known = self.tables.channels[channel].bridge
            if known is not None:
                self.say(ev.BridgeLeft(MAIN, self.at_s, channel, known))
            self.say(ev.BridgeEntered(MAIN, self.at_s, channel, BridgeId(bridge), linked))

    @staticmethod
    def own(agent: int, caller: ChannelId = CUSTOMER) -> ChannelId:
        return ChannelId(f"{caller}-{agent}")

    def _channel(
        self, channel: ChannelId, linked: ChannelId, endpoint: str, number: str
    ) -> ev.ChannelCreated:
        return ev.ChannelCreated(
            MAIN, self.at_s, channel, linked, Endpoint(endpoint), False, number, "", "0312345678"
        )
