"""The pool of connections to PostgreSQL, and its faults as one line each."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Mapping

import asyncpg

from cti_bridge.errors import Unavailable

SETTING = "storage.postgres_url"
# What talking to PostgreSQL can raise when PostgreSQL, the way there or the pool is at fault.
FAULTS: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)

CONNECT_TIMEOUT_S = 3.0
COMMAND_TIMEOUT_S = 10.0

# Ours are short statements over indices, prepared once and run often. The card's, measured at a
# million orders: 4 ms to plan against 0.4 ms to run, so it is planned once a connection; at the
# default page cost, which is that of a turning disk, small tables are hashed whole for each card.
_SESSION = {"jit": "off", "plan_cache_mode": "force_generic_plan", "random_page_cost": "1.1"}


async def create_pool(
    dsn: str,
    *,
    max_size: int = 10,
    connect_timeout_s: float = CONNECT_TIMEOUT_S,
    command_timeout_s: float = COMMAND_TIMEOUT_S,
    settings: Mapping[str, str] | None = None,
) -> asyncpg.Pool:
    """A pool on ``dsn`` that connects when first used and again whenever a connection was lost.

    It does not fail when PostgreSQL is away: ask with ``require``. Every
    command has ``command_timeout_s``. Statements prepared once stay prepared.
    Code that borrows a connection must leave its session as it was: nothing is
    reset on return, which would cost every look-up a second round trip.
    ``settings`` are PostgreSQL's own, for each session.

    Raises: Unavailable when ``dsn`` cannot be read.
    """
    session = {**_SESSION, **(settings or {})}

    async def prepare_session(connection: asyncpg.Connection) -> None:
        # Not sent with the connection's start: poolers refuse settings there that they do not know.
        calls = ", ".join(f"set_config(${2 * n + 1}, ${2 * n + 2}, false)" for n in range(len(session)))
        await connection.execute(f"select {calls}", *itertools.chain.from_iterable(session.items()))

    try:
        return await asyncpg.create_pool(
            dsn,
            min_size=0,
            max_size=max_size,
            timeout=connect_timeout_s,
            command_timeout=command_timeout_s,
            max_inactive_connection_lifetime=0,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=0,
            init=prepare_session,
            reset=_leave,
            server_settings={"application_name": "cti-bridge"},
        )
    except ValueError as error:
        raise Unavailable(SETTING, explain(error)) from error
    except FAULTS as error:
        raise Unavailable(SETTING, explain(error)) from error


async def _leave(_connection: asyncpg.Connection) -> None:
    """Reset nothing; asyncpg itself ends a transaction left open and drops listeners."""


async def require(pool: asyncpg.Pool) -> None:
    """Ask PostgreSQL for nothing. Raises: Unavailable saying why it does not answer."""
    try:
        await pool.fetchval("select 1")
    except ValueError as error:
        raise Unavailable(SETTING, explain(error)) from error
    except FAULTS as error:
        raise Unavailable(SETTING, explain(error)) from error


def explain(error: BaseException) -> str:
    """Why PostgreSQL cannot be used, in one line for the person who set it up."""
    match error:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            return f"PostgreSQL refuses the user or password ({_line(error)})"
        case asyncpg.InvalidCatalogNameError():
            return f"the database does not exist ({_line(error)})"
        case asyncpg.TooManyConnectionsError():
            return f"PostgreSQL has no connection left ({_line(error)})"
        case socket.gaierror():
            return f"the host name is unknown ({_line(error)})"
        case ConnectionRefusedError() | FileNotFoundError():
            return f"nobody listens there ({_line(error)})"
        case TimeoutError():
            return "PostgreSQL does not answer in time"
        case _:
            return _line(error) or type(error).__name__


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())
