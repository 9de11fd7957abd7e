"""Signing in by the centre's own OpenID Connect provider."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, assert_never

import msgspec
import structlog
from aiohttp import web
from redis.asyncio import Redis

from cti_bridge.agents.oidc import Proof, Proven, Provider, Unproven
from cti_bridge.agents.roster import Agent
from cti_bridge.api.answers import answer, problem
from cti_bridge.api.credentials import Roster
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.errors import Unavailable
from cti_bridge.push.envelope import SignInWays
from cti_bridge.settings import OidcSettings
from cti_bridge.storage import redis as redis_store
from cti_bridge.telemetry import Telemetry

CALLBACK: Final = "/api/session/oidc/callback"
# Binds a sign-in to the browser that began it, so that nobody is signed in as somebody else by a link.
COOKIE: Final = "cti_oidc"
STARTED_S: Final = 600
TIMEOUT_S: Final = 1.0

# A word in the sentence that the sign-in page shows.
Trouble: TypeAlias = Literal["cancelled", "expired", "unproven", "unknown_login", "unavailable"]

_log = structlog.get_logger(__name__)


class _Started(msgspec.Struct, frozen=True):
    browser: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class OidcApi:
    """The handlers of ``/api/session/oidc``. ``provider``: None where signing in is by password only.

    ``let_in`` begins a session and puts its cookies on an answer.
    """

    settings: OidcSettings
    provider: Provider | None
    roster: Roster
    redis: Redis
    let_in: Callable[[web.Request, web.Response, Agent], Awaitable[None]]
    is_secure: bool
    telemetry: Telemetry

    def endpoints(self) -> list[Endpoint]:
        """What is served."""
        return [
            Endpoint("GET", "/api/session/ways", "How one signs in", self.ways, {200: SignInWays}),
            Endpoint("GET", "/api/session/oidc", "Go to the provider", self.begin, {302: None}),
            Endpoint("GET", CALLBACK, "Come back from it", self.come_back, {302: None}),
        ]

    async def ways(self, request: web.Request) -> web.Response:
        """What the sign-in page offers."""
        return answer(SignInWays(oidc=self.settings.label if self.provider is not None else None))

    async def begin(self, request: web.Request) -> web.Response:
        """Send the browser to the provider."""
        if self.provider is None:
            return problem(404, "not_found", "no provider is configured: see oidc.issuer")
        state, browser, proof = secrets.token_urlsafe(32), secrets.token_urlsafe(32), Proof.new()
        try:
            url = await self.provider.authorization_url(state, proof)
            async with redis_store.within(TIMEOUT_S):
                started = msgspec.json.encode(_Started(_digest(browser), proof))
                await self.redis.set(_name(state), started, ex=STARTED_S)
        except Unavailable as fault:
            return self._trouble("unavailable", str(fault))
        response = _redirect(url)
        # Lax: the way back begins on the provider's page.
        response.set_cookie(
            COOKIE,
            browser,
            max_age=STARTED_S,
            path="/api/session/oidc",
            httponly=True,
            samesite="Lax",
            secure=self.is_secure,
        )
        return response

    async def come_back(self, request: web.Request) -> web.Response:
        """Take the provider's word, once, from the browser that asked for it."""
        if self.provider is None:
            return problem(404, "not_found", "no provider is configured: see oidc.issuer")
        try:
            started = await self._take(request.query.get("state", ""), request.cookies.get(COOKIE, ""))
            if started is None:
                return self._trouble("expired", "no sign-in was begun with this state in this browser")
            if "error" in request.query:
                is_person = request.query["error"] == "access_denied"
                return self._trouble("cancelled" if is_person else "unproven", request.query["error"])
            outcome = await self.provider.redeem(request.query.get("code", ""), started.proof)
            match outcome:
                case Unproven(reason=reason):
                    return self._trouble("unproven", reason)
                case Proven(login=login):
                    agent = None if "\0" in login else await self.roster.by_login(login)
                case _:
                    assert_never(outcome)
            if agent is None:
                return self._trouble("unknown_login", "nobody of the roster has this login")
            response = _redirect("/")
            await self.let_in(request, response, agent)
        except Unavailable as fault:
            return self._trouble("unavailable", str(fault))
        response.del_cookie(COOKIE, path="/api/session/oidc")
        self.telemetry.sign_ins.labels("ok").inc()
        _log.info("signed_in", agent_id=agent.agent_id, by="oidc")
        return response

    async def _take(self, state: str, browser: str) -> _Started | None:
        """What was begun with this state, by this browser, and not come back from yet."""
        if not state or not browser:
            return None
        async with redis_store.within(TIMEOUT_S):
            data = await self.redis.getdel(_name(state))
        if data is None:
            return None
        started = msgspec.json.decode(data, type=_Started)
        return started if secrets.compare_digest(started.browser, _digest(browser)) else None

    def _trouble(self, trouble: Trouble, detail: str) -> web.Response:
        """Back to the sign-in page, which says it in words."""
        self.telemetry.sign_ins.labels(trouble).inc()
        _log.warning("sign_in_failed", by="oidc", trouble=trouble, cause=detail)
        return _redirect(f"/#sign-in={trouble}")


def _redirect(url: str) -> web.Response:
    return web.Response(status=302, headers={"Location": url, "Cache-Control": "no-store"})


def _name(state: str) -> str:
    return f"oidc:{_digest(state)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
