"""Proxy login over HTTP: for whom a code is made, what the shop gets, and when it is over (C10)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cti_bridge.agents.sessions import Sessions
from cti_bridge.api.proxy_login import ProxyLoginApi
from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.clock import Clock
from cti_bridge.customers.proxy_login import ProxyLogins
from cti_bridge.http import http_server
from cti_bridge.intake.tokens import Tokens
from cti_bridge.settings import HttpSettings, ProxyLoginSettings, Settings
from cti_bridge.telemetry import Telemetry
from tests.api.asking import Ask
from tests.conftest import Database
from tests.loopback import free_port

SHOP = "https://shop.example.jp/proxy-login"
WANTED = {"customer_id": 1, "call_id": "main~1"}


@dataclass
class Centre:
    """Agent a1 talks with customer 1 on call main~1."""

    origin: str
    ask: Ask
    token: str
    other_token: str
    talking: set[tuple[str, str]] = field(default_factory=lambda: {("main~1", "a1")})
    views: list[tuple[str, int, str, str | None]] = field(default_factory=list)

    def talks(self, call_id: CallId, agent_id: AgentId) -> bool:
        return (call_id, agent_id) in self.talking

    def customer_of(self, call_id: CallId) -> int | None:
        return 1 if call_id == "main~1" else None

    def viewed(
        self, agent_id: AgentId, customer_id: int, reason: str, *, call_id: str | None, detail: str = ""
    ) -> None:
        self.views.append((agent_id, customer_id, reason, call_id))

    async def shop(
        self, method: str, path: str, body: Any = None, token: str | None = None
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body)
        async with aiohttp.ClientSession() as server:
            async with server.request(method, self.origin + path, headers=headers, data=data) as response:
                text = await response.read()
                return response.status, json.loads(text) if text else None

    async def code(self) -> str:
        status, answer = await self.ask("POST", "/api/proxy-logins", WANTED)
        assert status == 200, answer
        return str(answer["code"])

    async def grant(self) -> str:
        status, answer = await self.shop("POST", "/api/proxy-logins/redeem", {"code": await self.code()})
        assert status == 200, answer
        return str(answer["grant_id"])


@pytest.fixture
async def centre(database: Database, sessions: Sessions, tmp_path: Path) -> AsyncIterator[Centre]:
    pool, tokens = database.pool, Tokens(database.pool)
    await pool.execute("insert into customer (code, name) values ('C1', '佐藤 花子'), ('C2', '鈴木 一')")
    await pool.execute(
        "insert into agent (agent_id, login, name, role) values ('a1', 'a1', '担当 杏奈', 'agent')"
    )
    settings = Settings(
        http=HttpSettings(port=free_port()), proxy_login=ProxyLoginSettings(shop_url=SHOP, source="shop")
    )
    origin = f"http://127.0.0.1:{settings.http.port}"
    centre = Centre(
        origin, Ask(origin, sessions), await tokens.create("shop"), await tokens.create("warehouse")
    )
    logins = ProxyLogins(pool, settings.proxy_login, Clock())
    api = ProxyLoginApi(settings.proxy_login, sessions, tokens, logins, centre, centre.viewed)
    async with http_server(settings, api.endpoints(), Telemetry(), tmp_path):
        yield centre


async def test_from_the_page_to_the_shop_and_back(centre: Centre) -> None:
    status, answer = await centre.ask("POST", "/api/proxy-logins", WANTED)
    assert (status, answer["shop_url"], answer["expires_in_s"]) == (200, SHOP, 60)
    assert centre.views == [("a1", 1, "proxy_login", "main~1")]
    status, grant = await centre.shop("POST", "/api/proxy-logins/redeem", {"code": answer["code"]})
    assert (status, grant) == (
        200,
        {
            "grant_id": grant["grant_id"],
            "is_active": True,
            "customer_code": "C1",
            "agent_id": "a1",
            "agent_name": "担当 杏奈",
            "call_id": "main~1",
            "ended_at": None,
            "end_reason": None,
        },
    )
    assert await centre.shop("GET", f"/api/proxy-logins/{grant['grant_id']}") == (200, grant)
    assert await centre.shop("DELETE", f"/api/proxy-logins/{grant['grant_id']}") == (204, None)
    _, after = await centre.shop("GET", f"/api/proxy-logins/{grant['grant_id']}")
    assert (after["is_active"], after["end_reason"]) == (False, "signed_out")


async def test_a_code_played_again_is_worth_nothing(centre: Centre) -> None:
    code = {"code": await centre.code()}
    assert (await centre.shop("POST", "/api/proxy-logins/redeem", code))[0] == 200
    assert (await centre.shop("POST", "/api/proxy-logins/redeem", code))[0] == 404


@pytest.mark.parametrize(
    ("wanted", "agent", "status"),
    [
        (WANTED, None, 401),
        (WANTED, "a2", 403),
        ({"customer_id": 2, "call_id": "main~1"}, "a1", 403),
        ({"customer_id": 1, "call_id": "main~2"}, "a1", 403),
        ({"customer_id": 1, "call_id": "\0"}, "a1", 403),
        ({"customer_id": "1", "call_id": "main~1"}, "a1", 400),
        ({"customer_id": 1}, "a1", 400),
    ],
)
async def test_only_for_whom_one_talks_with(
    centre: Centre, wanted: dict[str, Any], agent: str | None, status: int
) -> None:
    assert (await centre.ask("POST", "/api/proxy-logins", wanted, agent=agent))[0] == status
    assert centre.views == []


async def test_a_supervisor_who_is_not_in_the_call_gets_none(centre: Centre) -> None:
    assert (await centre.ask("POST", "/api/proxy-logins", WANTED, agent="s1", role="supervisor"))[0] == 403


async def test_after_the_call_neither_code_nor_grant_holds(centre: Centre) -> None:
    """Though the bridge did not see it end."""
    code, grant_id = await centre.code(), await centre.grant()
    centre.talking.clear()
    assert (await centre.shop("POST", "/api/proxy-logins/redeem", {"code": code}))[0] == 404
    _, grant = await centre.shop("GET", f"/api/proxy-logins/{grant_id}")
    assert (grant["is_active"], grant["end_reason"]) == (False, "call_ended")
    centre.talking.add(("main~1", "a1"))
    assert not (await centre.shop("GET", f"/api/proxy-logins/{grant_id}"))[1]["is_active"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/proxy-logins/redeem"), ("GET", "/api/proxy-logins/x"), ("DELETE", "/api/proxy-logins/x")],
)
async def test_only_the_shop_may_ask(centre: Centre, method: str, path: str) -> None:
    body = {"code": "x"} if method == "POST" else None
    assert (await centre.shop(method, path, body, token="wrong"))[0] == 401
    assert (await centre.shop(method, path, body, token=centre.other_token))[0] == 403
    assert (await centre.shop(method, path, body))[0] == 404
    status, _ = await centre.ask(method, path, body)  # an agent's session is no token
    assert status == 401


async def test_the_page_may_post_to_the_shop_and_nowhere_else(centre: Centre) -> None:
    async with aiohttp.ClientSession() as browser, browser.get(f"{centre.origin}/") as response:
        policy = response.headers["Content-Security-Policy"]
    assert policy.endswith("form-action 'self' https://shop.example.jp")


@pytest.mark.parametrize(
    "shop_url",
    ["shop.example.jp", "http://shop.example.jp/", "https://", "https://shop/?a=1", "https://shop/#x"],
)
def test_an_address_that_gives_the_code_away_is_refused(shop_url: str) -> None:
    with pytest.raises(ValueError, match="shop_url"):
        ProxyLoginSettings(shop_url=shop_url)
