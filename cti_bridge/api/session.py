"""Signing in and out, and who is signed in."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from aiohttp import web

from cti_bridge.agents.roster import Agent, Language
from cti_bridge.agents.sessions import COOKIE, Session, SessionKey, Sessions
from cti_bridge.agents.throttle import COOKIE as BROWSER_COOKIE
from cti_bridge.agents.throttle import KNOWN_S, Attempt, Throttle
from cti_bridge.api.answers import answer, empty, problem, too_many
from cti_bridge.api.bodies import read_body
from cti_bridge.api.credentials import Credentials, Roster
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.api.forwarded import client_address
from cti_bridge.clock import Clock, as_utc
from cti_bridge.errors import Unavailable
from cti_bridge.push.envelope import Me, Preferences, SignIn
from cti_bridge.settings import PushSettings, Settings
from cti_bridge.telemetry import Telemetry

_HOST = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?", re.ASCII)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SessionApi:
    """The handlers of ``/api/session`` and ``/api/me``.

    ``on_sign_out`` closes the sockets of a session that ended;
    ``on_signed_out_everywhere`` reads the roster anew, and closes those of all that it ends.
    """

    settings: Settings
    sessions: Sessions
    roster: Roster
    credentials: Credentials
    throttle: Throttle
    on_sign_out: Callable[[SessionKey], None]
    on_signed_out_everywhere: Callable[[], Awaitable[None]]
    clock: Clock
    telemetry: Telemetry

    def endpoints(self) -> list[Endpoint]:
        """What is served."""
        in_, out, me, prefer = self.sign_in, self.sign_out, self.me, self.prefer
        return [
            Endpoint("POST", "/api/session", "Sign in", in_, {200: Me}, body=SignIn),
            Endpoint("DELETE", "/api/session", "Sign out", out, {204: None}),
            Endpoint(
                "DELETE",
                "/api/sessions",
                "Sign out everywhere",
                self.sign_out_everywhere,
                {204: None},
                needs_session=True,
            ),
            Endpoint("GET", "/api/me", "Who is signed in", me, {200: Me}, needs_session=True),
            Endpoint(
                "PATCH", "/api/me", "Choose a language", prefer, {200: Me}, Preferences, needs_session=True
            ),
        ]

    async def sign_in(self, request: web.Request) -> web.Response:
        """Begin a session. An unknown login and a wrong password get the same answer in the same time."""
        body = await read_body(request, SignIn)
        if isinstance(body, web.Response):
            return body
        try:
            browser = request.cookies.get(BROWSER_COOKIE, "")
            attempt = Attempt(body.login, browser, client_address(request, self.settings.http))
            wait_s = await self.throttle.wait_s(attempt)
            if wait_s:
                self.telemetry.sign_ins.labels("too_many").inc()
                _log.warning("sign_in_throttled", address=attempt.address, wait_s=wait_s)
                return too_many(wait_s)
            agent = await self.credentials.check(body.login, body.password)
            if agent is None:
                self.telemetry.sign_ins.labels("wrong_credentials").inc()
                return problem(401, "wrong_credentials", "login or password is wrong")
            browser = await self.throttle.succeeded(attempt)
            response = answer(self._describe(request, agent))
            await self.let_in(request, response, agent)
        except Unavailable:
            self.telemetry.sign_ins.labels("unavailable").inc()
            raise
        self.telemetry.sign_ins.labels("ok").inc()
        _log.info("signed_in", agent_id=agent.agent_id)
        response.set_cookie(
            BROWSER_COOKIE,
            browser,
            max_age=KNOWN_S,
            path="/api/session",
            httponly=True,
            samesite="Strict",
            secure=self._is_secure(),
        )
        return response

    async def let_in(self, request: web.Request, response: web.Response, agent: Agent) -> None:
        """Begin a session in place of the browser's last, and put its cookie on ``response``."""
        await self._end(request)
        session_id = await self.sessions.create(agent.agent_id, agent.login, agent.role)
        response.set_cookie(COOKIE, session_id, httponly=True, samesite="Strict", secure=self._is_secure())

    async def sign_out(self, request: web.Request) -> web.Response:
        """End the session, if there is one."""
        await self._end(request)
        return self._signed_out()

    async def sign_out_everywhere(self, request: web.Request) -> web.Response:
        """End every session of the agent, at whatever browser."""
        session = await self._session(request)
        if session is None:
            return _not_signed_in()
        await self.roster.sign_out(session.agent_id, as_utc(self.clock.now_s()))
        await self._end(request)
        await self.on_signed_out_everywhere()
        _log.info("signed_out_everywhere", agent_id=session.agent_id)
        return self._signed_out()

    async def me(self, request: web.Request) -> web.Response:
        """Who is signed in, and where the socket is."""
        agent = await self._agent(request)
        return _not_signed_in() if agent is None else answer(self._describe(request, agent))

    async def prefer(self, request: web.Request) -> web.Response:
        """Change what the agent chose for themselves."""
        agent = await self._agent(request)
        if agent is None:
            return _not_signed_in()
        body = await read_body(request, Preferences)
        if isinstance(body, web.Response):
            return body
        await self.roster.set_language(agent.agent_id, body.language)
        return answer(self._describe(request, agent, body.language))

    async def _agent(self, request: web.Request) -> Agent | None:
        session = await self._session(request)
        if session is None:
            return None
        agent = await self.roster.by_id(session.agent_id)
        if agent is None:
            _log.info("session_of_nobody_ended", agent_id=session.agent_id)
            await self._end(request)
        return agent

    async def _session(self, request: web.Request) -> Session | None:
        return await self.sessions.read(request.cookies.get(COOKIE, ""))

    async def _end(self, request: web.Request) -> None:
        session_id = request.cookies.get(COOKIE)
        if session_id:
            self.on_sign_out(await self.sessions.end(session_id))

    def _signed_out(self) -> web.Response:
        response = empty()
        response.del_cookie(COOKIE, httponly=True, samesite="Strict", secure=self._is_secure())
        return response

    def _describe(self, request: web.Request, agent: Agent, language: Language | None = None) -> Me:
        return Me(
            agent_id=agent.agent_id,
            name=agent.name,
            role=agent.role,
            language=language or agent.language,
            push_url=push_url(self.settings.push, request.headers.get("Host", "")),
            currency=self.settings.region.currency,
            time_zone=self.settings.region.time_zone,
            ringing_card=self.settings.privacy.ringing_card,
            has_proxy_login=bool(self.settings.proxy_login.shop_url),
            pause_reasons=list(self.settings.agents.pause_reasons),
        )

    def _is_secure(self) -> bool:
        return self.settings.http.is_secure


def push_url(push: PushSettings, host: str) -> str:
    """Where a browser that used ``host``, a Host header, opens its socket."""
    if push.public_url:
        return push.public_url
    match = _HOST.fullmatch(host)
    own = f"[{push.host}]" if ":" in push.host else push.host
    return f"{'wss' if push.is_tls else 'ws'}://{match['host'] if match else own}:{push.port}/"


def _not_signed_in() -> web.Response:
    return problem(401, "not_signed_in", "there is no session, or it ended")
