"""The client of Redis or Valkey, and its faults as one line each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from cti_bridge.errors import Unavailable

SETTING = "storage.redis_url"
# What talking to Redis can raise when Redis or the way there is at fault.
FAULTS: tuple[type[Exception], ...] = (OSError, TimeoutError, RedisError)

SOCKET_TIMEOUT_S = 0.5
_MAX_CONNECTIONS = 256


def connect(url: str, *, socket_timeout_s: float = SOCKET_TIMEOUT_S) -> Redis:
    """A client for ``redis://``, ``rediss://`` or ``unix://`` ``url``, answering in bytes.

    It connects when first used. A command on a connection that had died is
    tried once more on a new one. Ask with ``require`` whether it answers.

    Raises: Unavailable when ``url`` cannot be read.
    """
    keepalive = {} if url.startswith("unix:") else {"socket_keepalive": True}
    try:
        return Redis.from_url(
            url,
            socket_timeout=socket_timeout_s,
            socket_connect_timeout=socket_timeout_s,
            max_connections=_MAX_CONNECTIONS,
            retry=Retry(NoBackoff(), 1),
            client_name="cti-bridge",
            protocol=2,
            **keepalive,
        )
    except (ValueError, TypeError) as error:
        raise Unavailable(SETTING, " ".join(str(error).split())) from error


async def require(client: Redis) -> None:
    """Ask Redis for nothing. Raises: Unavailable saying why it does not answer."""
    try:
        await client.ping()
    except FAULTS as error:
        raise Unavailable(SETTING, explain(error)) from error


@asynccontextmanager
async def within(timeout_s: float) -> AsyncIterator[None]:
    """Talk to Redis for so long at most. Raises: Unavailable saying why it does not answer."""
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except FAULTS as error:
        raise Unavailable(SETTING, explain(error)) from error


def explain(error: BaseException) -> str:
    """Why Redis cannot be used, in one line for the person who set it up."""
    line = " ".join(str(error).split()) or type(error).__name__
    # While connecting, redis-py hides what happened behind a ConnectionError of its own.
    cause = error.__cause__ or error
    if isinstance(cause, AuthenticationError):
        return f"Redis refuses the user or password ({line})"
    if isinstance(cause, TimeoutError | RedisTimeoutError):
        return "Redis does not answer in time"
    return line
