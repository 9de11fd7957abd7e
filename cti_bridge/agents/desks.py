"""Shared telephones: who sits at which one now, and the queues each agent serves there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import asyncpg

from cti_bridge.calls.ids import AgentId, Endpoint, PbxId, QueueId
from cti_bridge.errors import Unavailable
from cti_bridge.storage.postgres import FAULTS, SETTING, explain


class Taking(StrEnum):
    """What came of taking a telephone. ``CHANGED``: somebody else was quicker."""

    TAKEN = "taken"
    UNKNOWN = "unknown"
    NOT_SHARED = "not_shared"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class SharedPhone:
    """One shared telephone, and who sits at it."""

    pbx: PbxId
    endpoint: Endpoint
    agent_id: AgentId | None


@dataclass(frozen=True, slots=True)
class AgentQueue:
    """One queue that an agent serves. Who has a lower ``penalty`` is rung first."""

    pbx: PbxId
    queue: QueueId
    penalty: int


class Desks:
    """The shared telephones in PostgreSQL. Every method raises ``Unavailable`` when it cannot tell."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, pbx: PbxId, endpoint: Endpoint) -> bool:
        """Make a telephone a shared one; False when it is somebody's own."""
        try:
            row = await self._pool.fetchrow(
                "insert into agent_endpoint (pbx, endpoint, is_hot) values ($1, $2, true)"
                " on conflict (pbx, endpoint) do update set is_hot = agent_endpoint.is_hot returning is_hot",
                pbx,
                endpoint,
            )
        except FAULTS as error:
            raise Unavailable(SETTING, explain(error)) from error
        return bool(row["is_hot"])

    async def phone(self, pbx: PbxId, endpoint: Endpoint) -> SharedPhone | Taking:
        """The shared telephone of that name, or why there is none."""
        try:
            row = await self._pool.fetchrow(
                "select agent_id, is_hot from agent_endpoint where pbx = $1 and endpoint = $2", pbx, endpoint
            )
        except FAULTS as error:
            raise Unavailable(SETTING, explain(error)) from error
        if row is None:
            return Taking.UNKNOWN
        return SharedPhone(pbx, endpoint, row["agent_id"]) if row["is_hot"] else Taking.NOT_SHARED

    async def phones_of(self, agent_id: AgentId) -> list[SharedPhone]:
        """The shared telephones at which an agent sits: one, or none."""
        try:
            rows = await self._pool.fetch(
                "select pbx, endpoint from agent_endpoint where agent_id = $1 and is_hot", agent_id
            )
        except FAULTS as error:
            raise Unavailable(SETTING, explain(error)) from error
        return [SharedPhone(PbxId(row["pbx"]), Endpoint(row["endpoint"]), agent_id) for row in rows]

    async def take(self, phone: SharedPhone, agent_id: AgentId) -> Taking:
        """Seat an agent at a telephone that still is as it was read; they leave any other shared one."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                row = await connection.fetchrow(
                    "select agent_id, is_hot from agent_endpoint where pbx = $1 and endpoint = $2 for update",
                    phone.pbx,
                    phone.endpoint,
                )
                if row is None:
                    return Taking.UNKNOWN
                if not row["is_hot"]:
                    return Taking.NOT_SHARED
                if row["agent_id"] not in (phone.agent_id, agent_id):
                    return Taking.CHANGED
                await connection.execute(
                    "update agent_endpoint set agent_id = null"
                    " where agent_id = $3 and is_hot and (pbx, endpoint) <> ($1, $2)",
                    phone.pbx,
                    phone.endpoint,
                    agent_id,
                )
                await connection.execute(
                    "update agent_endpoint set agent_id = $3 where pbx = $1 and endpoint = $2",
                    phone.pbx,
                    phone.endpoint,
                    agent_id,
                )
        except FAULTS as error:
            raise Unavailable(SETTING, explain(error)) from error
        return Taking.TAKEN

    async def leave(self, agent_id: AgentId) -> None:
        """Give back the shared telephone at which an agent sits."""
        try:
            await self._pool.execute(
                "update agent_endpoint set agent_id = null where agent_id = $1 and is_hot", agent_id
            )
        except FAULTS as error:
            raise Unavailable(SETTING, explain(error)) from error

    async def queues_of(self, agent_id: AgentId) -> list[AgentQueue]:
        """The queues an agent serves, in order of their names."""
        try:
            rows = await self._pool.fetch(
                "select pbx, queue, penalty from agent_queue where agent_id = $1 order by pbx, queue",
                agent_id,
            )
        except FAULTS as error:
            raise Unavailable(SETTING, explain(error)) from error
        return [AgentQueue(PbxId(row["pbx"]), QueueId(row["queue"]), row["penalty"]) for row in rows]

    async def set_queues(self, agent_id: AgentId, queues: Sequence[AgentQueue]) -> None:
        """Let an agent serve these queues and no others, from the next sign-on at a shared telephone on."""
        rows = [(one.pbx, one.queue, agent_id, one.penalty) for one in queues]
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute("delete from agent_queue where agent_id = $1", agent_id)
                await connection.executemany(
                    "insert into agent_queue (pbx, queue, agent_id, penalty) values ($1, $2, $3, $4)", rows
                )
        except FAULTS as error:
            raise Unavailable(SETTING, explain(error)) from error
