"""One event's changes to the live tables, gathered with the effects they call for.

The steps that several events share stand here: offering and releasing a leg,
ending a channel, moving through a queue, deriving an agent's state.
"""

from __future__ import annotations

from cti_bridge.calls import effects as ef
from cti_bridge.calls.correlate import leave_bridge, merge
from cti_bridge.calls.effects import (
    AgentState,
    Direction,
    Effect,
    EndReason,
    OfferId,
    OfferState,
    QueueOutcome,
    WithdrawReason,
)
from cti_bridge.calls.events import AgentId, BridgeId, ChannelId, DeviceUse, Endpoint, QueueId
from cti_bridge.calls.numbers import CallerKind
from cti_bridge.calls.state import Agent, Call, Channel, Leg, Live, PbxTables, Queue
from cti_bridge.calls.transitions import ANSWERED, LEG, LIVE, LegTrigger

_IN_USE = frozenset({DeviceUse.IN_USE, DeviceUse.ON_HOLD, DeviceUse.BUSY, DeviceUse.RINGING})
_BY_LEG = {
    OfferState.TALKING: AgentState.TALKING,
    OfferState.HELD: AgentState.HELD,
    OfferState.RINGING: AgentState.RINGING,
}


class Changes:
    """What one event does. ``out`` holds effects in order; the board's rows follow at the end."""

    __slots__ = ("_agents", "_calls", "_queues", "at_s", "live", "out", "tables")

    def __init__(self, live: Live, tables: PbxTables, at_s: float) -> None:
        self.live = live
        self.tables = tables
        self.at_s = at_s
        self.out: list[Effect] = []
        self._calls: dict[ef.CallId, Call] = {}
        self._queues: dict[QueueId, None] = {}
        self._agents: dict[AgentId, None] = {}

    def effects(self) -> list[Effect]:
        """Everything to do, agents' screens first: they wait for nothing."""
        for agent_id in self._agents:
            self._derive(agent_id)
        for call in self._calls.values():
            if call.ended_at_s is None and call.call_id in self.tables.calls:
                self.out.append(ef.ShowCall(call.view(), self.at_s))
        for name in self._queues:
            queue = self.queue(name)
            shown = queue.view(self.tables.pbx)
            if shown != queue.shown:
                queue.shown = shown
                self.out.append(ef.ShowQueue(shown))
        return self.out

    # -- calls ------------------------------------------------------------------------------

    def touch(self, call: Call) -> None:
        """The board must show this call anew."""
        self._calls[call.call_id] = call

    def prefetch(self, call: Call) -> None:
        """Have the caller's card fetched, when there is a number to fetch it by."""
        if call.caller.kind is CallerKind.NUMBER and call.direction is not Direction.INTERNAL:
            self.out.append(ef.PrefetchCard(call.call_id, call.caller))

    def merge(self, one: Call, other: Call) -> None:
        """Make two calls one, and leave no agent with two ringing offers for it."""
        last = merge(self.tables, one, other)
        keep = one if one.call_id != last.call_id else other
        self._calls.pop(last.call_id, None)
        self.out.append(ef.CloseCall(last, EndReason.MERGED, into=keep.call_id))
        ringing: dict[AgentId, Leg] = {}
        for leg in list(keep.legs.values()):
            if leg.state is not OfferState.RINGING:
                continue
            first = ringing.setdefault(leg.agent_id, leg)
            if first is not leg:
                self._join(first, leg)
        self.touch(keep)

    def _join(self, first: Leg, second: Leg) -> None:
        first.channels |= second.channels
        for channel_id in second.channels:
            self.tables.channels[channel_id].leg = first
        second.channels = set()
        self.step(second, LegTrigger.HUNG_UP, WithdrawReason.TRANSFERRED)

    def enter_bridge(self, channel: Channel, bridge: BridgeId) -> None:
        """A channel hears the others in a bridge from here: they are one call."""
        for other in list(self.tables.bridges.get(bridge, ())):
            neighbour = self.tables.channels[other]
            if neighbour.call is not channel.call:
                self.merge(channel.call, neighbour.call)
        leave_bridge(self.tables, channel)
        self.tables.bridges.setdefault(bridge, set()).add(channel.channel)
        channel.bridge = bridge

    def end_channel(self, channel: Channel, reason: EndReason) -> None:
        """A channel is gone, and with it whatever hung on it."""
        tables, call = self.tables, channel.call
        leave_bridge(tables, channel)
        del tables.channels[channel.channel]
        tables.ended_channels.bury(channel.channel, self.at_s)
        call.channels.discard(channel.channel)
        withdrawn = WithdrawReason.LOST if reason is EndReason.LOST else None
        self.release(channel, LegTrigger.HUNG_UP, withdrawn)
        for queue in sorted(channel.waits_in):
            outcome = QueueOutcome.ANSWERED if call.answered_at_s is not None else QueueOutcome.LEFT
            self.leave_queue(channel.channel, queue, outcome)
        parties = [tables.channels[other] for other in call.channels if not tables.channels[other].is_glue]
        if channel.channel == call.origin or not parties:
            for leg in [leg for leg in call.legs.values() if leg.state is OfferState.RINGING]:
                self.step(leg, LegTrigger.HUNG_UP, withdrawn or WithdrawReason.ABANDONED)
        if not parties and call.ended_at_s is None:
            self._close(call, reason)

    def _close(self, call: Call, reason: EndReason) -> None:
        call.ended_at_s = self.at_s
        if reason is EndReason.COMPLETED and (call.is_abandoned or call.answered_at_s is None):
            reason = EndReason.ABANDONED
        self.tables.calls.pop(call.call_id, None)
        self.tables.ended_calls.bury(call.call_id, self.at_s)
        self.out.append(ef.CloseCall(call.view(), reason))

    # -- legs -------------------------------------------------------------------------------

    def offer(self, channel: Channel) -> None:
        """The telephone behind a channel rings or talks: if an agent sits there, open a leg."""
        agent_id = self.tables.seats.get(channel.endpoint)
        call = channel.call
        if agent_id is None or channel.is_glue or channel.leg is not None or channel.channel == call.origin:
            return
        if call.ended_at_s is not None:
            return
        for leg in call.legs.values():
            if leg.agent_id == agent_id and leg.state is OfferState.RINGING:
                leg.channels.add(channel.channel)
                channel.leg = leg
                return
        offer_id = OfferId(f"{call.call_id}~{channel.channel}")
        leg = Leg(offer_id, agent_id, call, {channel.channel}, OfferState.RINGING, self.at_s)
        channel.leg = leg
        call.legs[offer_id] = leg
        self._agent(agent_id).legs[offer_id] = leg
        self.touch(call)
        self.touch_agent(agent_id)
        self.out.append(ef.OfferCall(call.view(), leg.view()))

    def release(self, channel: Channel, trigger: LegTrigger, reason: WithdrawReason | None) -> None:
        """A channel no longer carries its leg; the leg goes with the last of its channels."""
        leg = channel.leg
        if leg is None:
            return
        if leg.state in ANSWERED and trigger is LegTrigger.DIAL_ENDED:
            self.live.unlisted[f"{leg.state}/{trigger}"] += 1
            return
        leg.channels.discard(channel.channel)
        if trigger is LegTrigger.HUNG_UP:
            channel.leg = None
        if not leg.channels:
            self.step(leg, trigger, reason)

    def step(self, leg: Leg, trigger: LegTrigger, reason: WithdrawReason | None = None) -> None:
        """Move a leg along its table and say what its agent's screen must show."""
        before = leg.state
        after = LEG.get((before, trigger))
        if after is None:
            self.live.unlisted[f"{before}/{trigger}"] += 1
            return
        if after is before:
            return
        leg.state = after
        call = leg.call
        effect: Effect
        if after is OfferState.TALKING and before is OfferState.RINGING:
            leg.answered_at_s = self.at_s
            call.answered_at_s = call.answered_at_s or self.at_s
            effect = ef.ConnectOffer(call.view(), leg.view())
        elif after is OfferState.TALKING:
            leg.held_at_s = None
            effect = ef.ResumeOffer(call.view(), leg.view())
        elif after is OfferState.HELD:
            leg.held_at_s = self.at_s
            effect = ef.HoldOffer(call.view(), leg.view())
        else:
            leg.ended_at_s = self.at_s
            call.legs.pop(leg.offer_id, None)
            self._agent(leg.agent_id).legs.pop(leg.offer_id, None)
            if after is OfferState.ENDED:
                effect = ef.EndOffer(call.view(), leg.view())
            else:
                effect = ef.WithdrawOffer(call.view(), leg.view(), reason or self._why_withdrawn(leg))
        self.out.append(effect)
        self.touch(call)
        self.touch_agent(leg.agent_id)

    @staticmethod
    def _why_withdrawn(leg: Leg) -> WithdrawReason:
        """A cancelled leg does not say why: somebody else answered, it rang out, or the caller gave up."""
        call = leg.call
        answered = call.answered_at_s is not None or any(leg.state in ANSWERED for leg in call.legs.values())
        if answered:
            return WithdrawReason.ANSWERED_ELSEWHERE
        return WithdrawReason.TIMEOUT if leg.has_rung_out else WithdrawReason.ABANDONED

    # -- queues -----------------------------------------------------------------------------

    def queue(self, queue: QueueId) -> Queue:
        """The queue of that name, made at its first mention."""
        found = self.tables.queues.get(queue)
        if found is None:
            found = self.tables.queues[queue] = Queue(queue)
        return found

    def touch_queue(self, queue: QueueId) -> None:
        """The board must show this queue anew."""
        self._queues[queue] = None

    def drop_queue(self, queue: QueueId) -> None:
        """A queue is gone: it is not to be shown again."""
        self._queues.pop(queue, None)

    def enter_queue(self, channel: Channel, queue: QueueId, entered_at_s: float) -> None:
        """A caller waits from ``entered_at_s`` on."""
        call = channel.call
        call.queue, call.queued_at_s, call.is_waiting = queue, entered_at_s, True
        call.answered_at_s = None  # an answer before the queue (a greeting) is not the queue's
        self.queue(queue).waiting[channel.channel] = entered_at_s
        channel.waits_in.add(queue)
        self.out.append(
            ef.CountQueueCall(self.tables.pbx, queue, QueueOutcome.OFFERED, wait_s=0.0, at_s=self.at_s)
        )
        self.touch(call)
        self.touch_queue(queue)

    def leave_queue(self, channel_id: ChannelId, queue: QueueId, outcome: QueueOutcome) -> None:
        """A caller waits no longer; counted once, whatever number of events say so."""
        entered_at_s = self.queue(queue).waiting.pop(channel_id, None)
        if entered_at_s is None:
            return
        channel = self.tables.channels.get(channel_id)
        if channel is not None:
            channel.waits_in.discard(queue)
            channel.call.is_waiting = False
            self.touch(channel.call)
        wait_s = max(0.0, self.at_s - entered_at_s)
        self.out.append(ef.CountQueueCall(self.tables.pbx, queue, outcome, wait_s, self.at_s))
        self.touch_queue(queue)

    # -- agents -----------------------------------------------------------------------------

    def _agent(self, agent_id: AgentId) -> Agent:
        agent = self.live.agents.get(agent_id)
        if agent is None:
            agent = self.live.agents[agent_id] = Agent(agent_id)
        return agent

    def touch_agent(self, agent_id: AgentId) -> None:
        """The agent's state must be derived anew."""
        self._agents[agent_id] = None

    def refresh_agent_at(self, endpoint: Endpoint) -> None:
        """Something about this telephone changed: whoever sits there may have too."""
        agent_id = self.tables.seats.get(endpoint)
        if agent_id is not None:
            self.touch_agent(agent_id)

    def use_device(self, endpoint: Endpoint, device: DeviceUse) -> None:
        """A telephone's use is now ``device``, in every queue it serves too."""
        if self.tables.devices.get(endpoint) is device:
            return  # said before: Asterisk repeats each change once for every queue
        self.tables.devices[endpoint] = device
        for queue, member in self.tables.memberships.get(endpoint, {}).items():
            if member.device is not device:
                member.device = device
                self.touch_queue(queue)
        self.refresh_agent_at(endpoint)

    def seat_agents(self, seats: dict[Endpoint, AgentId]) -> None:
        """Replace who sits where at this PBX; telephones that ring now are offered at once."""
        pbx = self.tables.pbx
        before = set(self.tables.seats.values())
        self.tables.seats = seats
        for agent in self.live.agents.values():
            agent.seats = {seat for seat in agent.seats if seat[0] != pbx}
        for endpoint, agent_id in seats.items():
            self._agent(agent_id).seats.add((pbx, endpoint))
        for agent_id in before | set(seats.values()):
            self.touch_agent(agent_id)
        for channel in list(self.tables.channels.values()):
            if channel.is_ringing:
                self.offer(channel)

    def _derive(self, agent_id: AgentId) -> None:
        """Derive an agent's state from legs, telephones and pauses; show it when it changed."""
        agent = self._agent(agent_id)
        if not agent.seats:
            if not agent.legs:
                del self.live.agents[agent_id]
            self.out.append(ef.DropAgent(agent_id))
            return
        state, reason = self._state_of(agent)
        if state is not agent.state or reason != agent.pause_reason or not agent.since_s:
            agent.state, agent.pause_reason, agent.since_s = state, reason, self.at_s
        view = agent.view()
        if view != agent.shown:
            agent.shown = view
            self.out.append(ef.ShowAgent(view))

    def _state_of(self, agent: Agent) -> tuple[AgentState, str]:
        legs = {leg.state for leg in agent.legs.values() if leg.state in LIVE}
        for offer_state, agent_state in _BY_LEG.items():
            if offer_state in legs:
                return agent_state, ""
        tables = [(self.live.pbxs[pbx], endpoint) for pbx, endpoint in agent.seats if pbx in self.live.pbxs]
        uses = {t.devices.get(endpoint, DeviceUse.UNKNOWN) for t, endpoint in tables}
        if uses & _IN_USE:
            return AgentState.BUSY, ""
        if DeviceUse.IDLE not in uses:
            return AgentState.OFFLINE, ""
        members = [m for t, endpoint in tables for m in t.memberships.get(endpoint, {}).values()]
        if members and all(member.is_paused for member in members):
            return AgentState.PAUSED, next((m.pause_reason for m in members if m.pause_reason), "")
        return AgentState.READY, ""
