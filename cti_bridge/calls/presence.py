"""Agents' presence: telephones, pauses and after-call work, and the state and status derived from them."""

from __future__ import annotations

from cti_bridge.calls import effects as ef
from cti_bridge.calls.call import Leg
from cti_bridge.calls.changes import Changes
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId
from cti_bridge.calls.outcomes import PartReason
from cti_bridge.calls.queue_events import DeviceUse
from cti_bridge.calls.state import Agent, Member
from cti_bridge.calls.transitions import LIVE
from cti_bridge.calls.views import AgentState, AgentStatus, Direction, OfferState

# The reason that the bridge gives when it pauses an agent for after-call work.
WRAP_UP_REASON = "wrap-up"

_IN_USE = frozenset({DeviceUse.IN_USE, DeviceUse.ON_HOLD, DeviceUse.BUSY, DeviceUse.RINGING})
# Of several legs the one named first here says what the agent does.
_BY_LEG = {
    OfferState.TALKING: AgentState.TALKING,
    OfferState.HELD: AgentState.HELD,
    OfferState.DIALLING: AgentState.DIALLING,
    OfferState.RINGING: AgentState.RINGING,
}


def use_device(changes: Changes, endpoint: Endpoint, device: DeviceUse) -> None:
    """A telephone's use is now ``device``, in every queue it serves too."""
    tables = changes.tables
    if tables.devices.get(endpoint) is device:
        return  # said before: Asterisk repeats each change once for every queue
    for queue in tables.use_device(endpoint, device):
        changes.touch_queue(queue)
    changes.touch_agent_at(endpoint)


def seat_agents(changes: Changes, seats: dict[Endpoint, AgentId]) -> None:
    """Replace who sits where at this PBX."""
    tables = changes.tables
    before = set(tables.seats.values())
    tables.seat(seats)
    for agent in changes.live.agents.values():
        agent.seats = {seat for seat in agent.seats if seat[0] != tables.pbx}
    for endpoint, agent_id in seats.items():
        changes.live.agent(agent_id).seats.add((tables.pbx, endpoint))
    for agent_id in before | set(seats.values()):
        changes.touch_agent(agent_id)


def begin_wrap_up(changes: Changes, leg: Leg) -> None:
    """An agent's part of an outside call is over: time for what it left to do, if nothing else waits."""
    live = changes.live
    agent = live.agent(leg.agent_id)
    if (
        not live.wrap_up_s
        or agent.legs
        or leg.part is PartReason.LOST
        or leg.call.direction is Direction.INTERNAL
        or not agent.seats
    ):
        return
    agent.wrap_up_until_s = changes.at_s + live.wrap_up_s
    changes.touch_agent(agent.agent_id)
    seats = tuple(sorted(agent.seats))
    changes.out.append(ef.BeginWrapUp(agent.view(), leg.call.call_id, agent.wrap_up_until_s, seats))


def end_wrap_up(changes: Changes, agent_id: AgentId) -> None:
    """The agent is done, out of time, or speaks with somebody again."""
    agent = changes.live.agents.get(agent_id)
    if agent is None or agent.wrap_up_until_s is None:
        return
    agent.wrap_up_until_s = None
    changes.touch_agent(agent_id)
    if agent.seats:
        changes.out.append(ef.EndWrapUp(agent.view(), _paused_for_wrap_up(changes, agent)))


def extend_wrap_up(changes: Changes, agent_id: AgentId, until_s: float) -> None:
    """The agent takes longer, if it is in after-call work still."""
    agent = changes.live.agents.get(agent_id)
    if agent is not None and agent.wrap_up_until_s is not None:
        agent.wrap_up_until_s = until_s
        changes.touch_agent(agent_id)


def end_stale_pause(changes: Changes, endpoint: Endpoint) -> None:
    """A telephone is paused for after-call work that is over, or that a bridge before this one timed."""
    agent_id = changes.tables.seats.get(endpoint)
    agent = changes.live.agents.get(agent_id) if agent_id is not None else None
    if agent is not None and agent.wrap_up_until_s is None:
        changes.out.append(ef.EndWrapUp(agent.view(), ((changes.tables.pbx, endpoint),)))


def _paused_for_wrap_up(changes: Changes, agent: Agent) -> tuple[tuple[PbxId, Endpoint], ...]:
    return tuple(
        (pbx, endpoint)
        for pbx, endpoint in sorted(agent.seats)
        if any(
            member.is_paused and member.pause_reason == WRAP_UP_REASON
            for member in changes.live.tables(pbx).memberships.get(endpoint, {}).values()
        )
    )


def derive(changes: Changes, agent_id: AgentId) -> None:
    """Derive an agent's state from legs, telephones and pauses; show it when it changed."""
    agent = changes.live.agent(agent_id)
    if not agent.seats:
        if not agent.legs:
            del changes.live.agents[agent_id]
        changes.out.append(ef.DropAgent(agent_id))
        return
    members = _memberships(changes, agent)
    pause = _pause(members)
    uses = _uses(changes, agent)
    state = _state(agent, uses, pause)
    reason = pause or "" if state is AgentState.PAUSED else ""
    if state is not agent.state or reason != agent.pause_reason or not agent.since_s:
        agent.state, agent.pause_reason, agent.since_s = state, reason, changes.at_s
    agent.status = _status(uses, bool(members), pause)
    view = agent.view()
    if view != agent.shown:
        agent.shown = view
        changes.out.append(ef.ShowAgent(view))


def _state(agent: Agent, uses: set[DeviceUse], pause: str | None) -> AgentState:
    legs = {leg.state for leg in agent.legs.values() if leg.state in LIVE}
    for offer_state, agent_state in _BY_LEG.items():
        if offer_state in legs:
            return agent_state
    if uses & _IN_USE:
        return AgentState.BUSY
    if agent.wrap_up_until_s is not None:
        return AgentState.WRAP_UP
    if DeviceUse.IDLE not in uses:
        return AgentState.OFFLINE
    return AgentState.READY if pause is None else AgentState.PAUSED


def _status(uses: set[DeviceUse], is_member: bool, pause: str | None) -> AgentStatus:
    if pause is not None and pause != WRAP_UP_REASON:
        return AgentStatus.PAUSED
    if not is_member and not uses & (_IN_USE | {DeviceUse.IDLE}):
        return AgentStatus.SIGNED_OUT
    return AgentStatus.AVAILABLE


def _uses(changes: Changes, agent: Agent) -> set[DeviceUse]:
    pbxs = changes.live.pbxs
    return {
        pbxs[pbx].devices.get(endpoint, DeviceUse.UNKNOWN) for pbx, endpoint in agent.seats if pbx in pbxs
    }


def _memberships(changes: Changes, agent: Agent) -> list[Member]:
    pbxs = changes.live.pbxs
    return [
        member
        for pbx, endpoint in agent.seats
        if pbx in pbxs
        for member in pbxs[pbx].memberships.get(endpoint, {}).values()
    ]


def _pause(members: list[Member]) -> str | None:
    """The reason of an agent paused in every queue, "" when none was given; None when not paused."""
    if not members or not all(member.is_paused for member in members):
        return None
    return next((member.pause_reason for member in members if member.pause_reason), "")
