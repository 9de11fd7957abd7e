"""The HTTP server on loopback, with a roster in memory."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from cti_bridge.agents.oidc import Provider
from cti_bridge.agents.permissions import Role
from cti_bridge.agents.roster import Agent, Language
from cti_bridge.agents.sessions import SessionKey, Sessions
from cti_bridge.agents.throttle import Throttle
from cti_bridge.api.credentials import Credentials
from cti_bridge.api.health import PartState, health_endpoints
from cti_bridge.api.oidc import CALLBACK, OidcApi
from cti_bridge.api.session import SessionApi
from cti_bridge.calls.ids import AgentId
from cti_bridge.clock import Clock
from cti_bridge.errors import Unavailable
from cti_bridge.http import http_server
from cti_bridge.settings import HttpSettings, OidcSettings, PushSettings, RegionSettings, Settings
from cti_bridge.telemetry import Telemetry
from tests.loopback import free_port


@dataclass
class MemoryRoster:
    """Passwords stand here as ``hash:<password>``; ``asked`` says what was checked, in order."""

    agents: dict[str, Agent] = field(default_factory=dict)
    is_away: bool = False
    asked: list[tuple[str | None, str]] = field(default_factory=list)

    def add(self, agent_id: str, *, role: Role = "agent", password: str | None = "right") -> Agent:
        hashed = None if password is None else f"hash:{password}"
        login, name = f"{agent_id}@shop", "佐藤 花子"
        agent = Agent(AgentId(agent_id), login, name, "さとう はなこ", role, "ja", hashed, ())
        self.agents[agent_id] = agent
        return agent

    async def by_login(self, login: str) -> Agent | None:
        self._require()
        return next((agent for agent in self.agents.values() if agent.login == login), None)

    async def by_id(self, agent_id: AgentId) -> Agent | None:
        self._require()
        return self.agents.get(agent_id)

    async def set_language(self, agent_id: AgentId, language: Language) -> None:
        self._require()
        self.agents[agent_id] = replace(self.agents[agent_id], language=language)

    async def sign_out(self, agent_id: AgentId, at: datetime) -> None:
        self._require()
        self.agents[agent_id] = replace(self.agents[agent_id], signed_out_at=at)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        self.asked.append((password_hash, password))
        return password_hash == f"hash:{password}"

    def _require(self) -> None:
        if self.is_away:
            raise Unavailable("storage.postgres_url", "nobody listens at db.internal")


@dataclass
class Api:
    """A running server, and a browser that keeps its cookies."""

    settings: Settings
    roster: MemoryRoster
    told: list[str]
    sessions: Sessions
    telemetry: Telemetry
    parts: dict[str, PartState]
    signed_out: list[SessionKey]
    browser: aiohttp.ClientSession

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.settings.http.port}"

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> tuple[int, Any]:
        """The answer's status and JSON."""
        sent = {"Origin": self.origin} | (headers or {})
        if body is not None:
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent = {"Content-Type": "application/json"} | sent
        async with self.browser.request(method, self.origin + path, headers=sent, data=body) as response:
            text = await response.read()
            return response.status, json.loads(text) if text else None

    async def sign_in(self, login: str = "a1@shop", password: str = "right") -> tuple[int, Any]:
        return await self.ask("POST", "/api/session", {"login": login, "password": password})

    def sample(self, name: str, **labels: str) -> float | None:
        return self.telemetry.registry.get_sample_value(name, labels)


@asynccontextmanager
async def serving(
    sessions: Sessions,
    throttle: Throttle,
    *,
    pages: Path,
    public_url: str = "",
    push: PushSettings | None = None,
    oidc: OidcSettings | None = None,
) -> AsyncIterator[Api]:
    settings = Settings(
        http=HttpSettings(port=free_port(), public_url=public_url),
        push=push or PushSettings(),
        region=RegionSettings(currency="JPY", time_zone="Asia/Tokyo"),
    )
    roster, telemetry, signed_out = MemoryRoster(), Telemetry(), list[SessionKey]()
    told: list[str] = []

    async def signed_out_everywhere() -> None:
        told.append("signed out everywhere")

    parts: dict[str, PartState] = {"postgres": "up", "redis": "up", "pbx.main": "up"}
    session_api = SessionApi(
        settings=settings,
        sessions=sessions,
        roster=roster,
        credentials=Credentials(roster, roster.verify),
        throttle=throttle,
        on_sign_out=signed_out.append,
        on_signed_out_everywhere=signed_out_everywhere,
        clock=Clock(),
        telemetry=telemetry,
    )
    oidc = oidc or OidcSettings()
    callback = f"http://127.0.0.1:{settings.http.port}{CALLBACK}"
    oidc_api = OidcApi(
        settings=oidc,
        provider=Provider(oidc, callback, Clock()) if oidc.issuer else None,
        roster=roster,
        redis=sessions._redis,
        let_in=session_api.let_in,
        is_secure=False,
        telemetry=telemetry,
    )
    endpoints = [
        *session_api.endpoints(),
        *oidc_api.endpoints(),
        *health_endpoints(lambda: parts, telemetry),
    ]
    # The address is an IP: cookies for it are kept only when told so.
    jar = aiohttp.CookieJar(unsafe=True)
    async with http_server(settings, endpoints, telemetry, pages):
        async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(20)) as browser:
            yield Api(settings, roster, told, sessions, telemetry, parts, signed_out, browser)
