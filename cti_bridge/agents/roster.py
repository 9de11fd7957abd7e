"""The roster: who works here, with which telephones, login and language."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, TypeVar

import asyncpg

from cti_bridge.agents.permissions import Role
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId
from cti_bridge.errors import Refused, Unavailable
from cti_bridge.storage.postgres import FAULTS, SETTING, explain

Language: TypeAlias = Literal["ja", "en"]
_T = TypeVar("_T")

_SELECT: Final = """
    select a.agent_id, a.login, a.name, a.reading, a.role, a.language, a.password_hash, a.signed_out_at,
           array(select e.pbx from agent_endpoint e where e.agent_id = a.agent_id
                 order by e.pbx, e.endpoint) as pbxs,
           array(select e.endpoint from agent_endpoint e where e.agent_id = a.agent_id
                 order by e.pbx, e.endpoint) as endpoints
    from agent a where a.is_active
"""
_UPSERT: Final = """
    insert into agent (agent_id, login, name, reading, role, language, password_hash)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (agent_id) do update
    set login = excluded.login, name = excluded.name, reading = excluded.reading, role = excluded.role,
        language = excluded.language, is_active = true,
        password_hash = coalesce(excluded.password_hash, agent.password_hash)
"""
_SIGN_OUT: Final = "update agent set signed_out_at = greatest(signed_out_at, $2) where agent_id = $1"
# A telephone belongs to one agent: who is given it takes it over.
_SEAT: Final = """
    insert into agent_endpoint (pbx, endpoint, agent_id) values ($1, $2, $3)
    on conflict (pbx, endpoint) do update set agent_id = excluded.agent_id
"""


@dataclass(frozen=True, slots=True)
class Agent:
    """One active agent. ``endpoints``: PBX and telephone there. No hash: cannot sign in.

    ``signed_out_at``: sessions begun until then are over.
    """

    agent_id: AgentId
    login: str
    name: str
    reading: str
    role: Role
    language: Language
    password_hash: str | None
    endpoints: tuple[tuple[PbxId, Endpoint], ...]
    signed_out_at: datetime | None = None


async def load_roster(pool: asyncpg.Pool) -> dict[AgentId, Agent]:
    """Every active agent, by id, in the order of ids.

    Raises: what is in ``storage.postgres.FAULTS``.
    """
    rows = await pool.fetch(_SELECT + " order by a.agent_id")
    return {AgentId(row["agent_id"]): _agent(row) for row in rows}


async def add_agent(
    pool: asyncpg.Pool | asyncpg.Connection,
    *,
    agent_id: str,
    login: str,
    name: str,
    reading: str = "",
    role: str = "agent",
    language: str = "ja",
    password_hash: str | None = None,
    endpoints: Sequence[tuple[str, str]] = (),
) -> None:
    """Add an agent, or make the one of that id so, active again; ``endpoints`` are all of theirs.

    Without ``password_hash`` an agent keeps the one they have. A telephone
    that was somebody else's becomes theirs.

    Raises:
        Refused: the login is somebody else's, or a value is not allowed.
        Others: what is in ``storage.postgres.FAULTS``.
    """
    try:
        if isinstance(pool, asyncpg.Pool):
            async with pool.acquire() as connection:
                await _write(
                    connection, agent_id, login, name, reading, role, language, password_hash, endpoints
                )
        else:
            await _write(pool, agent_id, login, name, reading, role, language, password_hash, endpoints)
    except asyncpg.UniqueViolationError as error:
        raise Refused(f"the login {login} belongs to another agent") from error
    except asyncpg.IntegrityConstraintViolationError as error:
        # Not the error's whole text: its detail quotes the row, and the password's hash in it.
        raise Refused(f"agent {agent_id}: {error.args[0].partition(chr(10))[0]}") from error


@dataclass(frozen=True, slots=True)
class Member:
    """One row of the roster as a list shows it, those who left too."""

    agent_id: AgentId
    login: str
    name: str
    role: Role
    is_active: bool
    has_password: bool
    endpoints: tuple[str, ...]


async def list_members(pool: asyncpg.Pool) -> list[Member]:
    """Everybody ever added, by login. Raises: what is in ``storage.postgres.FAULTS``."""
    rows = await pool.fetch(
        """
        select a.agent_id, a.login, a.name, a.role, a.is_active, a.password_hash is not null as has_password,
               array(select e.pbx || ':' || e.endpoint from agent_endpoint e
                     where e.agent_id = a.agent_id order by 1) as endpoints
        from agent a order by a.login
        """
    )
    return [
        Member(
            AgentId(row["agent_id"]),
            row["login"],
            row["name"],
            row["role"],
            row["is_active"],
            row["has_password"],
            tuple(row["endpoints"]),
        )
        for row in rows
    ]


async def change_member(
    pool: asyncpg.Pool,
    login: str,
    at: datetime,
    *,
    is_active: bool | None = None,
    password_hash: str | None = None,
) -> bool:
    """Let an agent in or keep them out, or give them a new password; False: nobody has this login.

    Whatever it is, sessions begun until ``at`` are over. A disabled agent keeps telephones and history.

    Raises: what is in ``storage.postgres.FAULTS``.
    """
    done: str = await pool.execute(
        """
        update agent
        set is_active = coalesce($2, is_active), password_hash = coalesce($3, password_hash),
            signed_out_at = greatest(signed_out_at, $4)
        where login = $1
        """,
        login,
        is_active,
        password_hash,
        at,
    )
    return done != "UPDATE 0"


async def _write(
    connection: asyncpg.Connection,
    agent_id: str,
    login: str,
    name: str,
    reading: str,
    role: str,
    language: str,
    password_hash: str | None,
    endpoints: Sequence[tuple[str, str]],
) -> None:
    async with connection.transaction():
        await connection.execute(_UPSERT, agent_id, login, name, reading, role, language, password_hash)
        await connection.execute("delete from agent_endpoint where agent_id = $1 and not is_hot", agent_id)
        await connection.executemany(_SEAT, [(pbx, endpoint, agent_id) for pbx, endpoint in endpoints])


class Roster:
    """The roster as sign-in asks for it. Every method raises ``Unavailable`` when it cannot tell."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def by_login(self, login: str) -> Agent | None:
        """The active agent of that login."""
        row = await _or_unavailable(self._pool.fetchrow(_SELECT + " and a.login = $1", login))
        return _agent(row) if row else None

    async def by_id(self, agent_id: AgentId) -> Agent | None:
        """The active agent of that id."""
        row = await _or_unavailable(self._pool.fetchrow(_SELECT + " and a.agent_id = $1", agent_id))
        return _agent(row) if row else None

    async def set_language(self, agent_id: AgentId, language: Language) -> None:
        """Remember which language the agent reads."""
        statement = "update agent set language = $2 where agent_id = $1 and language <> $2"
        await _or_unavailable(self._pool.execute(statement, agent_id, language))

    async def sign_out(self, agent_id: AgentId, at: datetime) -> None:
        """Sessions of the agent begun until ``at`` are over."""
        await _or_unavailable(self._pool.execute(_SIGN_OUT, agent_id, at))


def _agent(row: asyncpg.Record) -> Agent:
    return Agent(
        agent_id=AgentId(row["agent_id"]),
        login=row["login"],
        name=row["name"],
        reading=row["reading"],
        role=row["role"],
        language=row["language"],
        password_hash=row["password_hash"],
        endpoints=tuple(
            (PbxId(pbx), Endpoint(endpoint))
            for pbx, endpoint in zip(row["pbxs"], row["endpoints"], strict=True)
        ),
        signed_out_at=row["signed_out_at"],
    )


async def _or_unavailable(asked: Awaitable[_T]) -> _T:
    try:
        return await asked
    except FAULTS as error:
        raise Unavailable(SETTING, explain(error)) from error
