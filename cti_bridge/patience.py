"""How long a connection may take to say what it wants: aiohttp itself would wait for ever."""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler

# A browser sends the head of its request at once; on a bad line it takes a second or two.
HEAD_S = 10.0


class Patience:
    """Makes the protocol of each connection, and closes those of which no whole request came in time.

    Between requests of one connection the server's own keep-alive counts.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, head_s: float = HEAD_S) -> None:
        self._loop = loop
        self._head_s = head_s
        self._silent: dict[asyncio.BaseProtocol, asyncio.TimerHandle] = {}

    def accept(self, server: web.Server) -> asyncio.Protocol:
        """The protocol of a connection that was just accepted for ``server``."""
        protocol = server()
        self._silent[protocol] = self._loop.call_later(self._head_s, self._give_up, protocol)
        return protocol

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The outermost of the application's: notes that a request's head came whole."""
        timer = self._silent.pop(request.protocol, None)
        if timer is not None:
            timer.cancel()
        return await handler(request)

    def close(self) -> None:
        """The server stops: nothing is waited for any more."""
        for timer in self._silent.values():
            timer.cancel()
        self._silent.clear()

    def _give_up(self, protocol: web.RequestHandler) -> None:
        del self._silent[protocol]
        protocol.force_close()
