"""The proxy files as they are shipped, a bridge behind them: sign-in, socket and pop under one TLS origin."""

from __future__ import annotations

import io
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from playwright.async_api import async_playwright, expect
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from cti_bridge.agents.sessions import COOKIE
from cti_bridge.intake.tokens import Tokens
from tests.browser import CHROMIUM_FLAGS, chromium
from tests.certificates import make_certificate
from tests.conftest import Database
from tests.loopback import free_port
from tests.proxy.programs import NAME, PROXIES, Ports, ProxyName, proxy
from tests.rig.house import PASSWORD, House, enrol, open_house

pytestmark = [pytest.mark.proxy, pytest.mark.timeout(180)]

ORIGIN = f"https://{NAME}"


@dataclass(frozen=True, slots=True)
class Front:
    """A bridge behind a proxy. ``trust``: what knows the proxy's certificate."""

    house: House
    ports: Ports
    trust: ssl.SSLContext

    def client(self) -> aiohttp.ClientSession:
        """A client for which the name is this proxy's."""
        connector = aiohttp.TCPConnector(resolver=_Here(), ssl=self.trust)
        return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(20))

    def url(self, path: str) -> str:
        return f"https://{NAME}:{self.ports.tls}{path}"

    async def socket(self, session_id: str, origin: str) -> Any:
        """The browsers' socket, through the proxy."""
        return await connect(
            f"wss://{NAME}/push",
            host="127.0.0.1",
            port=self.ports.tls,
            ssl=self.trust,
            server_hostname=NAME,
            additional_headers={"Cookie": f"{COOKIE}={session_id}", "Origin": origin},
            proxy=None,
        )


class _Here(AbstractResolver):
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture(params=PROXIES)
async def front(
    request: pytest.FixtureRequest, database: Database, valkey: Redis, valkey_url: str, tmp_path: Path
) -> AsyncIterator[Front]:
    name: ProxyName = request.param
    await enrol(database.pool)
    await database.pool.execute("insert into customer (code, name) values ('C1', '佐藤 花子')")
    await database.pool.execute("insert into customer_number values (1, '+81312345678', 'home', '')")
    ports = Ports(free_port(), free_port(), free_port(), free_port())
    certificate, key = make_certificate(tmp_path, NAME, f"DNS:{NAME}")
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(
            open_house(
                tmp_path,
                database.pool,
                postgres_url=database.url,
                redis_url=valkey_url,
                public_url=ORIGIN,
                push_url=f"wss://{NAME}/push",
                http_more='trusted_proxies = ["127.0.0.1"]',
                ports=(ports.http, ports.push),
            )
        )
        await stack.enter_async_context(proxy(name, tmp_path, ports, certificate, key))
        yield Front(house, ports, ssl.create_default_context(cafile=certificate))


@pytest.mark.browser
async def test_an_agent_signs_in_and_the_card_pops(front: Front) -> None:
    rules = f"MAP {NAME}:443 127.0.0.1:{front.ports.tls}, MAP {NAME}:80 127.0.0.1:{front.ports.plain}"
    flags = [*CHROMIUM_FLAGS, f"--host-resolver-rules={rules}"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=flags)
        context = await browser.new_context(ignore_https_errors=True, locale="ja-JP")
        page = await context.new_page()
        page.set_default_timeout(15_000)
        await page.goto(f"http://{NAME}/")
        assert page.url == f"{ORIGIN}/", "sent on to TLS"
        await page.get_by_test_id("signin-login").fill("1001")
        await page.get_by_test_id("signin-password").fill(PASSWORD)
        await page.get_by_test_id("signin-submit").click()
        await page.wait_for_selector('[data-live="true"]')
        [cookie] = [one for one in await context.cookies() if one["name"] == COOKIE]
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Strict")
        call = front.house.simulator.call("0312345678", "")
        await expect(page.get_by_test_id("customer-name")).to_contain_text("佐藤 花子")
        call.hang_up()
        await browser.close()


async def test_headers_and_bounds_are_the_bridges(front: Front) -> None:
    async with front.client() as browser:
        async with browser.get(front.url("/")) as answer:
            assert answer.status == 200
            assert f"connect-src 'self' wss://{NAME};" in answer.headers["Content-Security-Policy"]
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        async with browser.get(front.url("/metrics")) as answer:
            assert answer.status == 404
            assert "cti_" not in await answer.text()
        token = await Tokens(front.house.pool).create("shop")
        for size, expected in ((1_000_000, 400), (2_000_000, 413)):
            body = io.BytesIO(b" " * size)
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
            async with browser.post(front.url("/api/intake/orders"), data=body, headers=headers) as answer:
                assert answer.status == expected, size


async def test_only_the_public_origin_is_ours(front: Front) -> None:
    body = {"login": "1001", "password": PASSWORD}
    async with front.client() as browser:
        for origin, expected in ((front.house.origin, 403), ("https://evil.example", 403), (ORIGIN, 200)):
            sent = {"Origin": origin}
            async with browser.post(front.url("/api/session"), json=body, headers=sent) as answer:
                assert answer.status == expected, origin
                cookies = answer.cookies
    session_id = cookies[COOKIE].value
    for origin in ("https://evil.example", front.house.origin):
        with pytest.raises(InvalidStatus) as refused:
            await front.socket(session_id, origin)
        assert refused.value.response.status_code == 403
    own = await front.socket(session_id, ORIGIN)
    await own.send(json.dumps({"type": "subscribe", "topic": "agent:a1"}))
    heard = [json.loads(await own.recv())["type"] for _ in range(2)]
    assert sorted(heard) == ["beat", "snapshot"]
    await own.close()


async def test_a_browser_cannot_say_from_where_it_comes(front: Front) -> None:
    """Else whoever guesses passwords would have a new address for each guess."""
    async with front.client() as browser:
        for number in range(12):
            async with browser.post(
                front.url("/api/session"),
                json={"login": "nobody", "password": "x"},
                headers={"X-Forwarded-For": f"203.0.113.{number}"},
            ) as answer:
                status = answer.status
    assert status == 429
    said = [line for line in front.house.said().splitlines() if "sign_in_throttled" in line]
    assert said and all("address=127.0.0.1" in line for line in said)
    assert "203.0.113" not in front.house.said()
