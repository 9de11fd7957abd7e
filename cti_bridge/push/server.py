"""The push server: lets signed-in browsers of our own pages in, and closes their sockets in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Self

import structlog
from websockets.asyncio.server import ServerConnection, serve
from websockets.frames import CloseCode as StandardCloseCode
from websockets.http11 import Request, Response

from cti_bridge.agents.sessions import COOKIE, Session, SessionKey, Sessions
from cti_bridge.clock import Clock
from cti_bridge.errors import Unavailable
from cti_bridge.listeners import listen_fault
from cti_bridge.origins import origin_of
from cti_bridge.push.close_codes import CloseCode
from cti_bridge.push.connection import INCOMING_BYTES, Connection, OnAck
from cti_bridge.push.heartbeat import Heartbeat
from cti_bridge.push.hub import Hub
from cti_bridge.push.server_log import push_logger
from cti_bridge.settings import PushSettings
from cti_bridge.telemetry import Telemetry
from cti_bridge.tls import tls_context

# Proxies drop what is silent for 30 to 60 s. A browser that is gone is noticed within 40 s.
PING_INTERVAL_S = 20
PING_TIMEOUT_S = 20
OPEN_TIMEOUT_S = 5
CLOSE_TIMEOUT_S = 5
# How long a session that ended elsewhere, or ran out, may keep its sockets.
SESSION_CHECK_S = 60
# The library must never pause: its pings would then wait, without a timeout, for the very browser they are to
# test. The bound of the queue is ours, in connection.py.
_NO_WRITE_LIMIT = 2**30

_log = structlog.get_logger(__name__)


class PushServer:
    """The browsers' sockets.

    Redis away: sockets that are open stay open, new ones are closed with
    ``RESTARTING`` and come back.
    """

    def __init__(
        self,
        *,
        origins: frozenset[str],
        hub: Hub,
        sessions: Sessions,
        on_ack: OnAck,
        tasks: asyncio.TaskGroup,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._origins = origins
        self._hub = hub
        self._sessions = sessions
        self._on_ack = on_ack
        self._tasks = tasks
        self._clock = clock
        self._telemetry = telemetry
        self._connections: dict[SessionKey, set[Connection]] = {}
        self._heartbeat = Heartbeat()
        self._is_stopping = False

    @classmethod
    @asynccontextmanager
    async def listening(
        cls,
        settings: PushSettings,
        *,
        page_origins: frozenset[str],
        hub: Hub,
        sessions: Sessions,
        on_ack: OnAck,
        tasks: asyncio.TaskGroup,
        clock: Clock,
        telemetry: Telemetry,
        session_check_s: float = SESSION_CHECK_S,
    ) -> AsyncIterator[Self]:
        """Serve sockets until the block ends; then close them all with ``RESTARTING``.

        ``tasks`` must outlive the block.

        Raises:
            Unavailable: when the port cannot be opened.
        """
        push = cls(
            origins=page_origins | {origin_of(origin) for origin in settings.allowed_origins},
            hub=hub,
            sessions=sessions,
            on_ack=on_ack,
            tasks=tasks,
            clock=clock,
            telemetry=telemetry,
        )
        try:
            server = await serve(
                push._serve,
                settings.host,
                settings.port,
                process_request=push._refuse_foreign,
                compression=None,
                max_size=INCOMING_BYTES,
                open_timeout=OPEN_TIMEOUT_S,
                ping_interval=PING_INTERVAL_S,
                ping_timeout=PING_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                write_limit=_NO_WRITE_LIMIT,
                server_header=None,
                logger=push_logger(),
                ssl=tls_context("push", settings),
            )
        except OSError as error:
            raise listen_fault(error, "push", settings.host, settings.port) from error
        checks = tasks.create_task(push._check_sessions(session_check_s), name="push_sessions")
        beats = tasks.create_task(push._heartbeat.run(), name="push_heartbeat")
        try:
            yield push
        finally:
            checks.cancel()
            beats.cancel()
            push._is_stopping = True
            server.close(close_connections=False)
            await push._close_all(CloseCode.RESTARTING)
            await server.wait_closed()

    def end_session(self, key: SessionKey) -> None:
        """Close the sockets of a session that was signed out."""
        for connection in self._connections.get(key, ()):
            connection.end(CloseCode.SESSION_ENDED)

    def turn_out(self, admits: Callable[[Session], bool]) -> None:
        """The roster changed: close the sockets of those it admits no more."""
        for connections in self._connections.values():
            for connection in connections:
                if not admits(connection.session):
                    connection.end(CloseCode.SESSION_ENDED)

    def _refuse_foreign(self, websocket: ServerConnection, request: Request) -> Response | None:
        """Keep pages of other sites from reading our topics with our user's cookie.

        Every browser names its page's origin; what names none is no browser and
        holds no cookie by accident.
        """
        origins = request.headers.get_all("Origin")
        if not origins or (len(origins) == 1 and origins[0] in self._origins):
            return None
        readable = [origin.encode("ascii", "backslashreplace").decode() for origin in origins]
        _log.warning("push_origin_refused", origin=readable[0], allowed=sorted(self._origins))
        text = f"{readable[0]} may not open this socket; see http.public_url and push.allowed_origins\n"
        return websocket.respond(HTTPStatus.FORBIDDEN, text)

    async def _serve(self, websocket: ServerConnection) -> None:
        try:
            session = await self._sessions.read(_session_id(websocket))
        except Unavailable:
            await self._turn_away(websocket, CloseCode.RESTARTING)
            return
        # Nothing is awaited from here to the entry in _connections, so that a sign-out finds the socket.
        if self._is_stopping:
            await self._turn_away(websocket, CloseCode.RESTARTING)
        elif session is None:
            await self._turn_away(websocket, CloseCode.NOT_SIGNED_IN)
        else:
            await self._run(websocket, session)

    async def _turn_away(self, websocket: ServerConnection, code: CloseCode) -> None:
        # The handshake was accepted: a browser cannot read why one was refused.
        self._telemetry.closed.labels(str(int(code))).inc()
        await websocket.close(code, code.name)

    async def _run(self, websocket: ServerConnection, session: Session) -> None:
        connection = Connection(
            websocket,
            session,
            hub=self._hub,
            on_ack=self._on_ack,
            close_soon=self._close_soon,
            clock=self._clock,
            telemetry=self._telemetry,
        )
        self._connections.setdefault(session.key, set()).add(connection)
        self._telemetry.connections.inc()
        self._heartbeat.add(connection)
        try:
            await connection.run()
        except Exception:  # noqa: BLE001 - a task's border: one socket's fault is not the others'
            _log.exception("push_connection_failed", agent_id=session.agent_id)
            self._telemetry.task_failures.labels("push_connection").inc()
            await websocket.close(StandardCloseCode.INTERNAL_ERROR)
        finally:
            self._telemetry.connections.dec()
            self._heartbeat.remove(connection)
            siblings = self._connections[session.key]
            siblings.discard(connection)
            if not siblings:
                del self._connections[session.key]

    def _close_soon(self, connection: Connection, code: CloseCode) -> None:
        if not self._is_stopping:
            _log.info("push_closed", agent_id=connection.session.agent_id, code=code.name)
            self._tasks.create_task(self._close(connection, code), name="push_close")

    async def _close(self, connection: Connection, code: CloseCode) -> None:
        try:
            await connection.close(code)
        except Exception:  # noqa: BLE001 - a task's border
            _log.exception("push_close_failed", agent_id=connection.session.agent_id)
            self._telemetry.task_failures.labels("push_close").inc()

    async def _close_all(self, code: CloseCode) -> None:
        async with asyncio.TaskGroup() as closing:
            for connections in self._connections.values():
                for connection in connections:
                    closing.create_task(self._close(connection, code))

    async def _check_sessions(self, interval_s: float) -> None:
        """Close the sockets of sessions that ended. An open socket counts as use of its session.

        An agent may take calls for hours without clicking anything in the page.
        """
        while True:
            await asyncio.sleep(interval_s)
            try:
                for key in list(self._connections):
                    if await self._sessions.renew(key) is None:
                        self.end_session(key)
            except Unavailable as error:
                _log.warning("push_sessions_unchecked", cause=error.cause)
            except Exception:  # noqa: BLE001 - a task's border
                _log.exception("push_sessions_failed")
                self._telemetry.task_failures.labels("push_sessions").inc()


def _session_id(websocket: ServerConnection) -> str:
    """The session's id in the handshake's cookies; empty when there is none. Source: RFC 6265, 4.2.1."""
    request = websocket.request
    for line in request.headers.get_all("Cookie") if request else ():
        for pair in line.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == COOKIE:
                return value
    return ""
