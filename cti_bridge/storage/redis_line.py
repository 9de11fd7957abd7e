"""One connection to Redis that many share: commands go out at once, answers come back in order.

redis-py lends each command a connection of its pool and awaits several times
on the way. Cards are read at the ring, fifty at once in a busy second: on one
shared connection that is several times as many a core (benchmarks/README.md).
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeAlias, cast

import hiredis
from redis.asyncio.connection import SSLConnection, parse_url
from redis.exceptions import AuthenticationError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from cti_bridge.errors import Unavailable
from cti_bridge.storage.redis import SETTING

CONNECT_TIMEOUT_S = 0.5
# A server that answers nothing for so long is hung, or the way to it is: the next command tries anew.
STALL_S = 0.5
# More than a second's look-ups of the busiest centre; what waits behind them is better off in the database.
MAX_WAITING = 4096

Answer: TypeAlias = bytes | int | None
Command: TypeAlias = tuple[str | bytes | int, ...]
_NOTHING: Final = object()


class RedisLine:
    """Commands on one connection to ``url``, opened when first used and again when it was lost.

    Raises: Unavailable when ``url`` cannot be read.
    """

    def __init__(self, url: str, *, connect_timeout_s: float = CONNECT_TIMEOUT_S) -> None:
        try:
            self._options: dict[str, Any] = dict(parse_url(url))
        except ValueError as error:
            raise Unavailable(SETTING, " ".join(str(error).split())) from error
        self._connect_timeout_s = connect_timeout_s
        self._opening = asyncio.Lock()
        self._wire: _Wire | None = None

    async def ask(self, *command: str | bytes | int) -> Answer:
        """The answer to one command. What is cancelled was sent all the same; its answer is thrown away.

        Raises: what is in ``storage.redis.FAULTS``.
        """
        wire = self._wire
        if wire is None or wire.is_lost:
            wire = await self._open()
        try:
            return await wire.ask(command)  # type: ignore[no-any-return]
        except asyncio.CancelledError:
            wire.suspect()  # somebody's patience is over
            raise

    async def aclose(self) -> None:
        """End the connection; whoever waits for an answer gets a ConnectionError."""
        if self._wire is not None:
            self._wire.abort()
            await self._wire.closed

    async def _open(self) -> _Wire:
        """One opens, the others wait for it."""
        async with self._opening:
            if self._wire is None or self._wire.is_lost:
                async with asyncio.timeout(self._connect_timeout_s):
                    self._wire = await self._connect()
            return self._wire

    async def _connect(self) -> _Wire:
        options, loop = self._options, asyncio.get_running_loop()
        if "path" in options:
            _, wire = await loop.create_unix_connection(_Wire, options["path"])
        else:
            is_secure = options.get("connection_class") is SSLConnection
            _, wire = await loop.create_connection(
                _Wire,
                options.get("host", "localhost"),
                options.get("port", 6379),
                ssl=ssl.create_default_context() if is_secure else None,
            )
        try:
            if options.get("password"):
                user = [options["username"]] if options.get("username") else []
                await wire.ask(("AUTH", *user, options["password"]))
            if options.get("db"):
                await wire.ask(("SELECT", options["db"]))
            await wire.ask(("CLIENT", "SETNAME", "cti-bridge-cards"))
        except BaseException:
            wire.abort()
            raise
        return wire


class _Wire(asyncio.Protocol):
    """A connection once it is made: what was asked, oldest first, waits for its answer."""

    def __init__(self) -> None:
        self._reader = hiredis.Reader(notEnoughData=_NOTHING)
        self._waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._transport: asyncio.Transport | None = None
        self._write: Callable[[bytes], None]
        self.is_lost = True
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self._loop.create_future()

    def ask(self, command: Command) -> asyncio.Future[Any]:
        """The answer to come."""
        if self.is_lost or len(self._waiting) >= MAX_WAITING:
            raise RedisConnectionError("the connection was lost, or too many wait on it")
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append((answer, self._loop.time()))
        self._write(hiredis.pack_command(command))  # type: ignore[arg-type] # their stub allows one word only
        return answer

    def suspect(self) -> None:
        """Somebody got no answer in time. If nobody did for long it is the line's fault: end it."""
        if self._waiting and self._loop.time() - self._waiting[0][1] > STALL_S:
            self.abort()

    def abort(self) -> None:
        """End the connection at once."""
        self.is_lost = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._write = self._transport.write
        self.is_lost = False

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not _NOTHING:
                answer, _ = self._waiting.popleft()
                if answer.done():
                    continue
                if isinstance(reply, hiredis.ReplyError):
                    answer.set_exception(_fault(str(reply)))
                else:
                    answer.set_result(reply)
        except (hiredis.ProtocolError, IndexError):  # not what Redis says, or what nobody asked for
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        reason = str(exc) if exc is not None else "the connection was lost"
        for answer, _ in self._waiting:
            if not answer.done():
                answer.set_exception(RedisConnectionError(reason))
        self._waiting.clear()
        if not self.closed.done():
            self.closed.set_result(None)


def _fault(text: str) -> ResponseError | AuthenticationError:
    if text.startswith(("NOAUTH", "WRONGPASS")):
        return AuthenticationError(text)
    return ResponseError(text)
