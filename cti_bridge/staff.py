"""The staff: the agents as the roster last told, read anew when it changes.

No browser is let in before there is one, so the first is waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

import asyncpg
import structlog

from cti_bridge.agents.roster import Agent, load_roster
from cti_bridge.agents.sessions import Session
from cti_bridge.board.live import Person
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId
from cti_bridge.errors import Refused
from cti_bridge.storage import postgres

RETRY_S = 2.0

log = structlog.get_logger(__name__)


class Staff:
    """Who works here, by id. ``on_read`` is called whenever the roster was read."""

    def __init__(self, pool: asyncpg.Pool, on_read: Callable[[], None]) -> None:
        self._pool = pool
        self._on_read = on_read
        self.agents: dict[AgentId, Agent] = {}

    def agent(self, agent_id: AgentId) -> Agent | None:
        """One agent, who may be gone from the roster."""
        return self.agents.get(agent_id)

    def everybody(self) -> Iterable[Agent]:
        """All who work here."""
        return self.agents.values()

    def admits(self, session: Session) -> bool:
        """Whether a session counts: whoever left, has another role by now or was signed out has none."""
        agent = self.agents.get(session.agent_id)
        return (
            agent is not None
            and agent.role == session.role
            and (agent.signed_out_at is None or session.created_at > agent.signed_out_at)
        )

    def person(self, agent_id: AgentId) -> Person:
        """What an agent is called; by the id when the roster does not know it."""
        agent = self.agents.get(agent_id)
        return Person(agent.name, agent.reading) if agent else Person(agent_id, "")

    def name(self, agent_id: AgentId) -> str:
        """An agent's name as it is written."""
        return self.person(agent_id).name

    def seats(self, pbx: PbxId) -> tuple[tuple[Endpoint, AgentId], ...]:
        """Who sits at which telephone of a PBX."""
        return tuple(
            (Endpoint(endpoint), agent.agent_id)
            for agent in self.agents.values()
            for at, endpoint in agent.endpoints
            if at == pbx
        )

    async def read_first(self, stop: asyncio.Event) -> bool:
        """Read the roster, waiting for PostgreSQL as long as it takes; False when stopped meanwhile.

        Raises:
            Refused: PostgreSQL is there but refuses us, or has no schema.

        """
        while not stop.is_set():
            try:
                await self._read()
            except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
                raise Refused(f"{postgres.SETTING}: {postgres.explain(error)}") from error
            except asyncpg.UndefinedTableError:
                raise Refused(
                    f"{postgres.SETTING}: the database has no schema yet; run cti-bridge migrate"
                ) from None
            except postgres.FAULTS as error:
                cause = postgres.explain(error)
                log.warning("postgres_unreachable", setting=postgres.SETTING, cause=cause, retry_in_s=RETRY_S)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), RETRY_S)
            else:
                return True
        return False

    async def read_anew(self) -> None:
        """The roster changed in the database. What is known stays when it cannot be read."""
        try:
            await self._read()
        except postgres.FAULTS as error:
            log.warning("roster_not_reloaded", setting=postgres.SETTING, cause=postgres.explain(error))

    async def _read(self) -> None:
        self.agents = await load_roster(self._pool)
        self._on_read()
