"""A push server on loopback, and browsers with real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from cti_bridge.agents.permissions import Role
from cti_bridge.agents.sessions import COOKIE, SessionId, Sessions
from cti_bridge.calls.ids import AgentId
from cti_bridge.clock import Clock
from cti_bridge.push.hub import LocalHub
from cti_bridge.push.server import PushServer
from cti_bridge.push.topics import Topic
from cti_bridge.settings import PushSettings
from cti_bridge.telemetry import Telemetry
from tests.loopback import free_port

AT = datetime(2026, 4, 8, 1, 2, 3, tzinfo=UTC)
PAGE = "http://127.0.0.1:8080"


@dataclass
class Push:
    """A push server, and what a test does with it."""

    sessions: Sessions
    port: int = field(default_factory=free_port)
    backlog_frames: int = 64
    session_check_s: float = 60
    telemetry: Telemetry = field(default_factory=Telemetry)
    acks: asyncio.Queue[tuple[Topic, int, int]] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self.hub = LocalHub(backlog_frames=self.backlog_frames, clock=Clock(), telemetry=self.telemetry)
        self.hub.provide_snapshot("agent", lambda topic: b'{"of":"%s"}' % topic.encode())
        self.hub.provide_snapshot("board", lambda topic: b'{"of":"board"}')

    @asynccontextmanager
    async def running(self) -> AsyncIterator[PushServer]:
        async with asyncio.TaskGroup() as tasks:
            async with PushServer.listening(
                PushSettings(port=self.port, allowed_origins=("https://Shop.example.jp/",)),
                page_origins=frozenset({PAGE}),
                hub=self.hub,
                sessions=self.sessions,
                on_ack=lambda topic, offset, received_ns: self.acks.put_nowait((topic, offset, received_ns)),
                tasks=tasks,
                clock=Clock(),
                telemetry=self.telemetry,
                session_check_s=self.session_check_s,
            ) as self.server:
                yield self.server

    async def sign_in(self, agent_id: str = "a1", role: Role = "agent") -> SessionId:
        return await self.sessions.create(AgentId(agent_id), agent_id, role)

    def browser(
        self,
        session_id: str | None,
        *,
        origin: str | None = PAGE,
        more: Sequence[tuple[str, str]] = (),
        **options: Any,
    ) -> AbstractAsyncContextManager[ClientConnection]:
        """``more``: further headers, besides cookie and origin."""
        headers = [] if session_id is None else [("Cookie", f"theme=dark; {COOKIE}={session_id}; x=1")]
        if origin is not None:
            headers.append(("Origin", origin))
        return connect(
            f"ws://127.0.0.1:{self.port}/",
            additional_headers=[*headers, *more],
            compression=None,
            proxy=None,
            **options,
        )

    def websockets(self) -> list[ServerConnection]:
        """The server's ends of all sockets, to look into."""
        every = self.server._connections.values()
        return [connection._websocket for connections in every for connection in connections]

    def sample(self, name: str, **labels: str) -> float | None:
        return self.telemetry.registry.get_sample_value(name, labels)


async def say(browser: ClientConnection, **message: Any) -> None:
    await browser.send(json.dumps(message))


async def hear(browser: ClientConnection) -> Any:
    """The next message that is no beat."""
    while True:
        message = await hear_anything(browser)
        if message["type"] != "beat":
            return message


async def hear_anything(browser: ClientConnection) -> Any:
    async with asyncio.timeout(10):
        text = await browser.recv()
    assert isinstance(text, str)
    return json.loads(text)


async def closing(browser: ClientConnection) -> int | None:
    """The code the socket is closed with, whatever is said before."""
    async with asyncio.timeout(20):
        try:
            while True:
                await browser.recv()
        except ConnectionClosed:
            return browser.close_code
