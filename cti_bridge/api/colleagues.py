"""Colleagues over HTTP: whom an agent may call or pass a call on to, and who can take one now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiohttp import web

from cti_bridge.agents.roster import Agent
from cti_bridge.agents.sessions import Sessions
from cti_bridge.api.answers import answer
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.api.signed_in import signed_in
from cti_bridge.calls.ids import AgentId, PbxId
from cti_bridge.calls.views import AgentState
from cti_bridge.push.colleague_bodies import Colleague, Colleagues

# A pause keeps queues away, not people: the telephone of whoever is paused or finishes up still rings.
_FREE = frozenset({AgentState.READY, AgentState.PAUSED, AgentState.WRAP_UP})


@dataclass(frozen=True, slots=True)
class ColleaguesApi:
    """The handler of ``/api/colleagues``.

    ``agents``: everybody who works here now; ``state_of``: what the system sees of one.
    """

    sessions: Sessions
    agents: Callable[[], Iterable[Agent]]
    state_of: Callable[[AgentId], AgentState]

    def endpoints(self) -> list[Endpoint]:
        """What is served."""
        return [
            Endpoint(
                "GET",
                "/api/colleagues",
                "Everybody else who works here, and who can be called now",
                self.list,
                {200: Colleagues},
                needs_session=True,
            )
        ]

    async def list(self, request: web.Request) -> web.Response:
        """Everybody active but whoever asks."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        everybody = {agent.agent_id: agent for agent in self.agents()}
        own = everybody.pop(session.agent_id, None)
        pbxs = {pbx for pbx, _ in own.endpoints} if own is not None else set()
        found = [self._colleague(agent, pbxs) for agent in everybody.values()]
        return answer(Colleagues(colleagues=sorted(found, key=lambda one: (one.reading, one.agent_id))))

    def _colleague(self, agent: Agent, near: set[PbxId]) -> Colleague:
        state, number = self.state_of(agent.agent_id), number_of(agent, near)
        return Colleague(
            agent_id=agent.agent_id,
            name=agent.name,
            reading=agent.reading,
            state=state,
            can_be_called=number is not None and state in _FREE,
            number=number,
        )


def number_of(agent: Agent, near: set[PbxId]) -> str | None:
    """What dials the agent, at a PBX of ``near`` if there is one; None where no telephone bears a number."""
    for _, endpoint in sorted(agent.endpoints, key=lambda at: at[0] not in near):
        number = endpoint.rpartition("/")[2]
        if number.isascii() and number.isdigit():
            return number
    return None
