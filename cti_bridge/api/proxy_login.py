"""Proxy login over HTTP: the page gets a code, the shop's server turns it into a grant and asks about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import structlog
from aiohttp import web

from cti_bridge.agents.sessions import Sessions
from cti_bridge.api.answers import answer, empty, problem
from cti_bridge.api.bearer import Sources, source_of
from cti_bridge.api.bodies import read_body
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.api.signed_in import Viewed, no_such_customer, signed_in, stores_away
from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.customers.proxy_login import Grant, ProxyLogins
from cti_bridge.push.proxy_login_bodies import (
    ProxyLoginCode,
    ProxyLoginGrant,
    ProxyLoginRedemption,
    ProxyLoginRequest,
)
from cti_bridge.settings import ProxyLoginSettings

_log = structlog.get_logger(__name__)


class Talks(Protocol):
    """Who talks with whom: see ``perform.Performer``."""

    def talks(self, call_id: CallId, agent_id: AgentId) -> bool:
        """Whether the agent is in the call."""
        ...

    def customer_of(self, call_id: CallId) -> int | None:
        """Whose card the call shows; None for nobody's."""
        ...


@dataclass(frozen=True, slots=True)
class ProxyLoginApi:
    """The handlers of ``/api/proxy-logins``."""

    settings: ProxyLoginSettings
    sessions: Sessions
    tokens: Sources
    logins: ProxyLogins
    calls: Talks
    viewed: Viewed

    def endpoints(self) -> list[Endpoint]:
        """What is served; nothing where no shop is configured."""
        if not self.settings.shop_url:
            return []
        return [
            Endpoint(
                "POST",
                "/api/proxy-logins",
                "A code that opens the shop as the customer one talks with",
                self.issue,
                {200: ProxyLoginCode},
                ProxyLoginRequest,
                True,
            ),
            Endpoint(
                "POST",
                "/api/proxy-logins/redeem",
                "Turn a code into a grant, once",
                self.redeem,
                {200: ProxyLoginGrant},
                ProxyLoginRedemption,
                needs_token=True,
            ),
            Endpoint(
                "GET",
                "/api/proxy-logins/{grant_id}",
                "Whether a grant still holds",
                self.grant,
                {200: ProxyLoginGrant},
                needs_token=True,
            ),
            Endpoint(
                "DELETE",
                "/api/proxy-logins/{grant_id}",
                "Give a grant back",
                self.give_back,
                {204: None},
                needs_token=True,
            ),
        ]

    async def issue(self, request: web.Request) -> web.Response:
        """Only for the customer on the agent's own call, and only while they talk."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        body = await read_body(request, ProxyLoginRequest)
        if isinstance(body, web.Response):
            return body
        call_id = CallId(body.call_id)
        if not self.calls.talks(call_id, session.agent_id):
            return problem(403, "forbidden", "you are not in this call, or it is over")
        if self.calls.customer_of(call_id) != body.customer_id:
            return problem(403, "forbidden", "the call is not with this customer")
        with stores_away():
            code = await self.logins.issue(session.agent_id, body.customer_id, call_id)
        if code is None:
            return no_such_customer()
        self.viewed(session.agent_id, body.customer_id, "proxy_login", call_id=call_id)
        _log.info("proxy_login_issued", agent_id=session.agent_id, call_id=call_id)
        return answer(
            ProxyLoginCode(code=code, shop_url=self.settings.shop_url, expires_in_s=self.settings.code_s)
        )

    async def redeem(self, request: web.Request) -> web.Response:
        """Good once. The agent may have hung up since."""
        source = await self._shop(request)
        if isinstance(source, web.Response):
            return source
        body = await read_body(request, ProxyLoginRedemption)
        if isinstance(body, web.Response):
            return body
        with stores_away():
            grant = await self.logins.redeem(body.code, source)
            grant = await self._as_it_stands(grant, source) if grant is not None else None
        if grant is None or grant.ended_at is not None:
            _log.warning("proxy_login_refused", source=source)
            return problem(404, "not_found", "the code is wrong, used, too old, or its call is over")
        _log.info("proxy_login_redeemed", source=source, agent_id=grant.agent_id, call_id=grant.call_id)
        return answer(_spell(grant))

    async def grant(self, request: web.Request) -> web.Response:
        """As it stands now."""
        source = await self._shop(request)
        if isinstance(source, web.Response):
            return source
        with stores_away():
            grant = await self.logins.grant(request.match_info["grant_id"].replace("\0", ""), source)
            grant = await self._as_it_stands(grant, source) if grant is not None else None
        return answer(_spell(grant)) if grant is not None else _no_such_grant()

    async def give_back(self, request: web.Request) -> web.Response:
        """The agent signed out at the shop."""
        source = await self._shop(request)
        if isinstance(source, web.Response):
            return source
        with stores_away():
            grant = await self.logins.grant(request.match_info["grant_id"].replace("\0", ""), source)
            if grant is None:
                return _no_such_grant()
            await self.logins.end(grant.grant_id, "signed_out")
        return empty()

    async def _shop(self, request: web.Request) -> str | web.Response:
        source = await source_of(request, self.tokens)
        if isinstance(source, str) and source != self.settings.source:
            return problem(403, "forbidden", f"{source} is not the shop: see proxy_login.source")
        return source

    async def _as_it_stands(self, grant: Grant, source: str) -> Grant | None:
        """A bridge that was away when the call ended has not ended the grant; so it is done here."""
        if grant.ended_at is None and not self.calls.talks(grant.call_id, grant.agent_id):
            await self.logins.end(grant.grant_id, "call_ended")
            return await self.logins.grant(grant.grant_id, source)
        return grant


def _spell(grant: Grant) -> ProxyLoginGrant:
    return ProxyLoginGrant(
        grant_id=grant.grant_id,
        is_active=grant.ended_at is None,
        customer_code=grant.customer_code,
        agent_id=grant.agent_id,
        agent_name=grant.agent_name,
        call_id=grant.call_id,
        ended_at=grant.ended_at,
        end_reason=grant.end_reason,
    )


def _no_such_grant() -> web.Response:
    return problem(404, "not_found", "there is no such grant of yours")
