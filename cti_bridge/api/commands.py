"""Commands over HTTP: what an agent wants done at the PBX, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from cti_bridge.agents.sessions import COOKIE, Session, Sessions
from cti_bridge.api.answers import answer, problem
from cti_bridge.api.bodies import read_body
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.calls.commands import Done, RefusalCode, Refused, Result, Unconfirmed
from cti_bridge.calls.ids import AgentId
from cti_bridge.push.command_bodies import (
    CommandBody,
    CommandOutcome,
    DeskRequest,
    Request,
    SignOffRequest,
    SignOnRequest,
)

# Whatever the state of calls and telephones forbids is a conflict; 504: asked, and nothing heard of it.
_STATUSES = {
    RefusalCode.NOT_ALLOWED: 403,
    RefusalCode.NOT_FOUND: 404,
    RefusalCode.BAD_NUMBER: 422,
    RefusalCode.TOO_MANY: 429,
    RefusalCode.FAILED: 502,
    RefusalCode.PBX_AWAY: 503,
    RefusalCode.UNAVAILABLE: 503,
}
_CONFLICT = 409
_UNCONFIRMED = 504
_ANSWERS = dict.fromkeys((200, *sorted({*_STATUSES.values(), _CONFLICT, _UNCONFIRMED})), CommandOutcome)


class Commands(Protocol):
    """Carries out requests; never raises."""

    async def run(self, agent_id: AgentId, key: str, request: Request | DeskRequest) -> Result:
        """Once for each key of an agent."""
        ...

    async def run_once(self, agent_id: AgentId, request: Request | DeskRequest) -> Result:
        """As often as it is asked for."""
        ...


@dataclass(frozen=True, slots=True)
class CommandsApi:
    """The handlers of ``/api/commands`` and ``/api/desk``."""

    sessions: Sessions
    commands: Commands

    def endpoints(self) -> list[Endpoint]:
        """What is served."""
        do, on, off = self.command, self.sign_on, self.sign_off
        return [
            Endpoint("POST", "/api/commands", "Have the PBX do something", do, _ANSWERS, CommandBody, True),
            Endpoint(
                "POST", "/api/desk", "Sit down at a shared telephone", on, _ANSWERS, SignOnRequest, True
            ),
            Endpoint("DELETE", "/api/desk", "Leave it", off, _ANSWERS, needs_session=True),
        ]

    async def command(self, request: web.Request) -> web.Response:
        """Carry out one wish. Answered when the PBX has said what came of it, or the time is over."""
        session = await self._session(request)
        if session is None:
            return _not_signed_in()
        body = await read_body(request, CommandBody)
        if isinstance(body, web.Response):
            return body
        return _spell(await self.commands.run(session.agent_id, body.key, body.command))

    async def sign_on(self, request: web.Request) -> web.Response:
        """Seat the agent at a shared telephone; whoever forgot to leave it is moved out."""
        session = await self._session(request)
        if session is None:
            return _not_signed_in()
        body = await read_body(request, SignOnRequest)
        if isinstance(body, web.Response):
            return body
        return _spell(await self.commands.run_once(session.agent_id, body))

    async def sign_off(self, request: web.Request) -> web.Response:
        """Give the shared telephone back. Done when the agent sits at none."""
        session = await self._session(request)
        if session is None:
            return _not_signed_in()
        return _spell(await self.commands.run_once(session.agent_id, SignOffRequest()))

    async def _session(self, request: web.Request) -> Session | None:
        return await self.sessions.read(request.cookies.get(COOKIE, ""))


def _spell(result: Result) -> web.Response:
    match result:
        case Done(detail=detail):
            return answer(CommandOutcome(outcome="done", detail=detail))
        case Refused(code=code, detail=detail):
            outcome = CommandOutcome(outcome="refused", code=code, detail=detail)
            return answer(outcome, _STATUSES.get(code, _CONFLICT))
        case Unconfirmed(waited_s=waited_s, detail=detail):
            said = f"{detail} ({waited_s:g} s)"
            return answer(CommandOutcome(outcome="unconfirmed", detail=said), _UNCONFIRMED)


def _not_signed_in() -> web.Response:
    return problem(401, "not_signed_in", "there is no session, or it ended")
