"""Signs agents on and off at telephones that several share: the telephone, then the queues.

A telephone in use is left alone. One that somebody forgot to give back is
taken over. What was done stays done when a later step fails: the same request
again goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from cti_bridge.agents.desks import Desks, SharedPhone, Taking
from cti_bridge.agents.roster import Agent
from cti_bridge.calls import commands as cmd
from cti_bridge.calls.commands import Done, RefusalCode, Refused, Result
from cti_bridge.calls.events import CallEvent
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId
from cti_bridge.calls.queue_events import DeviceUse
from cti_bridge.calls.state import Live
from cti_bridge.command.aim import members_at

_RESTING = frozenset({DeviceUse.IDLE, DeviceUse.UNKNOWN, DeviceUse.UNAVAILABLE})
_REFUSALS = {
    Taking.UNKNOWN: Refused(RefusalCode.NOT_FOUND, "there is no such shared telephone"),
    Taking.NOT_SHARED: Refused(RefusalCode.NOT_ALLOWED, "the telephone is somebody's own"),
    Taking.CHANGED: Refused(RefusalCode.WRONG_STATE, "somebody else took the telephone just now"),
}


class Operates(Protocol):
    """Carries out commands at one PBX."""

    async def perform(self, command: cmd.Command, tell: Callable[[CallEvent], None]) -> Result:
        """Carry out one, and say what came of it."""
        ...


class HotDesk:
    """Signs on and off. Raises ``Unavailable`` while the database is away."""

    def __init__(
        self,
        live: Live,
        desks: Desks,
        sources: Mapping[PbxId, Operates],
        tell: Callable[[CallEvent], None],
    ) -> None:
        self._live = live
        self._desks = desks
        self._sources = sources
        self._tell = tell

    async def may_serve(self, agent_id: AgentId, pbx: PbxId, queue: str) -> bool:
        """Whether a queue is one of the agent's."""
        return any((one.pbx, one.queue) == (pbx, queue) for one in await self._desks.queues_of(agent_id))

    async def sign_on(self, agent: Agent, pbx: PbxId, endpoint: Endpoint) -> Result:
        """Seat ``agent`` at a shared telephone and let it serve the agent's queues."""
        if pbx not in self._sources:
            return _REFUSALS[Taking.UNKNOWN]
        phone = await self._desks.phone(pbx, endpoint)
        if isinstance(phone, Taking):
            return _REFUSALS[phone]
        former = [one for one in await self._desks.phones_of(agent.agent_id) if one != phone]
        is_anew = phone.agent_id != agent.agent_id
        leaving = [*former, phone] if is_anew else former
        if any(self._is_in_use(one) for one in leaving):
            return Refused(RefusalCode.BUSY, "the telephone is in a call")
        for one in leaving:
            result = await self._leave_queues(one)
            if not isinstance(result, Done):
                return result
        taking = await self._desks.take(phone, agent.agent_id)
        if taking is not Taking.TAKEN:
            return _REFUSALS[taking]
        for queue in await self._desks.queues_of(agent.agent_id):
            if queue.pbx == pbx:
                wish = cmd.AddMember(pbx, queue.queue, endpoint, queue.penalty, agent.name)
                result = await self._sources[pbx].perform(wish, self._tell)
                if not isinstance(result, Done):
                    return result
        return Done()

    async def sign_off(self, agent: Agent) -> Result:
        """Take the agent's shared telephone out of its queues and give it back. Done when there is none."""
        phones = await self._desks.phones_of(agent.agent_id)
        if any(self._is_in_use(one) for one in phones):
            return Refused(RefusalCode.BUSY, "the telephone is in a call")
        for phone in phones:
            result = await self._leave_queues(phone)
            if not isinstance(result, Done):
                return result
        await self._desks.leave(agent.agent_id)
        return Done()

    async def _leave_queues(self, phone: SharedPhone) -> Result:
        """Take a telephone out of its queues; it stays where the PBX's own configuration lists it."""
        source = self._sources.get(phone.pbx)
        if source is None:
            return Done()  # a PBX that is no longer in the settings
        for member in members_at(self._live.tables(phone.pbx), phone.endpoint):
            wish = cmd.RemoveMember(phone.pbx, member.queue, phone.endpoint, member.interface)
            result = await source.perform(wish, self._tell)
            if isinstance(result, Refused) and result.code is RefusalCode.NOT_SUPPORTED:
                continue
            if not isinstance(result, Done):
                return result
        return Done()

    def _is_in_use(self, phone: SharedPhone) -> bool:
        tables = self._live.pbxs.get(phone.pbx)
        return tables is not None and tables.devices.get(phone.endpoint, DeviceUse.IDLE) not in _RESTING
