"""Asking the HTTP API as somebody, and a server with all that agents ask of customers."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from cti_bridge.agents.permissions import Role
from cti_bridge.agents.sessions import COOKIE, Sessions
from cti_bridge.api.audit import AuditApi
from cti_bridge.api.customers import CustomersApi
from cti_bridge.api.karte import KarteApi
from cti_bridge.api.suggestions import SuggestionsApi
from cti_bridge.calls.ids import AgentId
from cti_bridge.customers.answers import Answers
from cti_bridge.customers.cautions import Cautions
from cti_bridge.customers.karte import Karte
from cti_bridge.customers.pages import Pages
from cti_bridge.customers.profile import Profiles
from cti_bridge.customers.questions import load_questions
from cti_bridge.customers.search import Search
from cti_bridge.http import http_server
from cti_bridge.records.card_views import CardViews
from cti_bridge.settings import HttpSettings, Settings
from cti_bridge.suggest.outcomes import Outcomes
from cti_bridge.telemetry import Telemetry
from tests.loopback import free_port

NAMES = {"a1": "川村 由紀", "a2": "大森 恵", "s1": "安田 久美"}


class Ask:
    """Asks the API as somebody."""

    def __init__(self, origin: str, sessions: Sessions) -> None:
        self.origin = origin
        self.sessions = sessions

    async def __call__(
        self, method: str, path: str, body: Any = None, *, agent: str | None = "a1", role: Role = "agent"
    ) -> tuple[int, Any]:
        cookies = {} if agent is None else {COOKIE: await self.sessions.create(AgentId(agent), agent, role)}
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as browser,
            browser.request(
                method,
                self.origin + path,
                # Larger ones are streamed: aiohttp warns of large bytes.
                data=None if data is None else io.BytesIO(data),
                headers={"Content-Type": "application/json", **headers},
            ) as response,
        ):
            text = await response.read()
            return response.status, json.loads(text) if text else None


@dataclass
class Desk:
    """The customers' side of the API on a real database. ``views``: what was written down of who saw whom."""

    ask: Ask
    pool: asyncpg.Pool
    views: list[tuple[str, int, str, str | None, str]] = field(default_factory=list)
    searches: list[int] = field(default_factory=list)

    def viewed(
        self, agent_id: AgentId, customer_id: int, reason: str, *, call_id: str | None, detail: str = ""
    ) -> None:
        self.views.append((agent_id, customer_id, reason, call_id, detail))


@asynccontextmanager
async def desk_on(pool: asyncpg.Pool, sessions: Sessions, pages: Path) -> AsyncIterator[Desk]:
    """A served desk."""
    settings = Settings(http=HttpSettings(port=free_port()))
    desk = Desk(Ask(f"http://127.0.0.1:{settings.http.port}", sessions), pool)

    def name(agent_id: AgentId) -> str:
        return NAMES.get(agent_id, "")

    customers = CustomersApi(
        sessions, Search(pool), Profiles(pool, "JP"), Pages(pool), desk.viewed, desk.searches.append
    )
    questions = load_questions(Path("config/counselling.toml"))
    karte = KarteApi(sessions, Karte(pool), Cautions(pool), Answers(pool), questions, name, desk.viewed)
    endpoints = [
        *customers.endpoints(),
        *karte.endpoints(),
        *SuggestionsApi(sessions, Outcomes(pool)).endpoints(),
        *AuditApi(sessions, CardViews(pool), name).endpoints(),
    ]
    async with http_server(settings, endpoints, Telemetry(), pages):
        yield desk
