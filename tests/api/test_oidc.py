"""Signing in by a provider, all the way: there, back, and what may go wrong between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from cti_bridge.agents.sessions import COOKIE, Sessions
from cti_bridge.agents.throttle import Throttle
from cti_bridge.api.oidc import COOKIE as STARTED
from cti_bridge.settings import OidcSettings
from tests.api.rig import Api, serving
from tests.loopback import free_port
from tests.oidc_provider import LocalProvider, oidc_provider

HANAKO = {"sub": "u1", "preferred_username": "a1@shop"}
STRANGER = {"sub": "u2", "preferred_username": "nobody@shop"}


@dataclass
class Centre:
    api: Api
    provider: LocalProvider

    async def get(self, url: str) -> str:
        """Where the answer to ``url`` sends the browser."""
        async with self.api.browser.get(url, allow_redirects=False) as response:
            assert response.status == 302
            return response.headers["Location"]

    async def begin(self) -> str:
        return await self.get(f"{self.api.origin}/api/session/oidc")

    async def who(self) -> str | None:
        status, me = await self.api.ask("GET", "/api/me")
        return str(me["agent_id"]) if status == 200 else None

    def cookies(self) -> dict[str, str]:
        return {kept.key: kept.value for kept in self.api.browser.cookie_jar}


@pytest.fixture
async def centre(sessions: Sessions, throttle: Throttle, tmp_path: Path) -> AsyncIterator[Centre]:
    async with oidc_provider(HANAKO, STRANGER) as provider:
        oidc = OidcSettings(issuer=provider.issuer, client_id="cti-bridge", client_secret="s", label="社員証")
        async with serving(sessions, throttle, pages=tmp_path, oidc=oidc) as api:
            api.roster.add("a1")
            yield Centre(api, provider)


async def test_whom_the_provider_vouches_for_is_signed_in(centre: Centre) -> None:
    assert await centre.api.ask("GET", "/api/session/ways") == (200, {"oidc": "社員証"})
    there = await centre.begin()
    assert there.startswith(centre.provider.issuer)
    started = next(kept for kept in centre.api.browser.cookie_jar if kept.key == STARTED)
    assert (started["httponly"], started["samesite"], started["path"]) == (True, "Lax", "/api/session/oidc")
    back = await centre.provider.sign_in(there, "u1")
    assert await centre.get(back) == "/"
    assert await centre.who() == "a1"
    assert set(centre.cookies()) == {COOKIE}
    assert await centre.get(back) == "/#sign-in=expired"  # a link back is good once
    assert centre.api.sample("cti_sign_ins_total", result="ok") == 1


async def test_whoever_sat_there_before_is_signed_out(centre: Centre) -> None:
    centre.api.roster.add("a2")
    await centre.api.sign_in("a2@shop")
    await centre.get(await centre.provider.sign_in(await centre.begin(), "u1"))
    assert len(centre.api.signed_out) == 1
    assert await centre.who() == "a1"


async def test_a_login_the_roster_does_not_know_stays_out(centre: Centre) -> None:
    back = await centre.provider.sign_in(await centre.begin(), "u2")
    assert await centre.get(back) == "/#sign-in=unknown_login"
    assert await centre.who() is None


async def test_a_link_back_sent_to_somebody_else_signs_nobody_in(centre: Centre) -> None:
    back = await centre.provider.sign_in(await centre.begin(), "u1")
    centre.api.browser.cookie_jar.clear()
    assert await centre.get(back) == "/#sign-in=expired"
    await centre.begin()  # the victim has a sign-in of its own under way
    assert await centre.get(back) == "/#sign-in=expired"
    assert await centre.who() is None


@pytest.mark.parametrize(
    ("query", "trouble"),
    [
        ("error=access_denied", "cancelled"),
        ("error=server_error", "unproven"),
        ("code=made-up", "unproven"),
        ("", "unproven"),
    ],
)
async def test_what_comes_back_without_proof(centre: Centre, query: str, trouble: str) -> None:
    state = dict(part.split("=") for part in urlsplit(await centre.begin()).query.split("&"))["state"]
    callback = f"{centre.api.origin}/api/session/oidc/callback"
    assert await centre.get(f"{callback}?state={state}&{query}") == f"/#sign-in={trouble}"
    assert await centre.who() is None


@pytest.mark.parametrize("query", ["", "?state=", "?state=made-up&code=x", "?state=%ff"])
async def test_nothing_was_begun(centre: Centre, query: str) -> None:
    assert await centre.get(f"{centre.api.origin}/api/session/oidc/callback{query}") == "/#sign-in=expired"


async def test_a_provider_that_is_away_is_told_in_words(
    sessions: Sessions, throttle: Throttle, tmp_path: Path
) -> None:
    oidc = OidcSettings(issuer=f"http://127.0.0.1:{free_port()}", client_id="cti-bridge")
    async with serving(sessions, throttle, pages=tmp_path, oidc=oidc) as api:
        async with api.browser.get(f"{api.origin}/api/session/oidc", allow_redirects=False) as response:
            assert response.headers["Location"] == "/#sign-in=unavailable"


async def test_without_a_provider_there_is_no_such_way(api: Api) -> None:
    assert await api.ask("GET", "/api/session/ways") == (200, {"oidc": None})
    assert (await api.ask("GET", "/api/session/oidc"))[0] == 404
    assert (await api.ask("GET", "/api/session/oidc/callback?state=x"))[0] == 404


async def test_what_was_begun_is_forgotten_in_time(centre: Centre, valkey: Redis) -> None:
    await centre.begin()
    [name] = await valkey.keys("oidc:*")
    assert 590 < await valkey.ttl(name) <= 600
