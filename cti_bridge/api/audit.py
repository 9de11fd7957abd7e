"""Who saw whose card: the audit, for those who lead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from aiohttp import web

from cti_bridge.agents.permissions import Right, may
from cti_bridge.agents.sessions import Sessions
from cti_bridge.api.answers import answer, problem
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.api.signed_in import id_of, signed_in, stores_away
from cti_bridge.calls.ids import AgentId
from cti_bridge.records.card_views import MAX_LIMIT, CardViews, Wanted


class CardViewEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One view or change. Name and code are null when the customer is there no more."""

    view_id: int
    at: datetime
    agent_id: str
    agent_name: str
    customer_id: int
    customer_code: str | None
    customer_name: str | None
    reason: str
    call_id: str | None
    detail: str


class CardViewList(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of GET /api/audit/card-views, the newest first; ``next`` goes into ``before``."""

    views: list[CardViewEntry]
    next: int | None


@dataclass(frozen=True, slots=True)
class AuditApi:
    """The handler of the audit. ``name``: of an agent."""

    sessions: Sessions
    views: CardViews
    name: Callable[[AgentId], str]

    def endpoints(self) -> list[Endpoint]:
        """What is served."""
        return [
            Endpoint(
                "GET",
                "/api/audit/card-views",
                "Who saw whose card (customer, agent, since, until, before, limit)",
                self.find,
                {200: CardViewList},
                needs_session=True,
            )
        ]

    async def find(self, request: web.Request) -> web.Response:
        """The views that are asked for."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        if not may(session.role, Right.SEE_AUDIT):
            return problem(403, "forbidden", "the audit is for supervisors")
        wanted = _wanted(request)
        if isinstance(wanted, str):
            return problem(400, "bad_request", wanted)
        with stores_away():
            found = await self.views.find(wanted)
        entries = [
            CardViewEntry(
                view_id=one.view_id,
                at=one.at,
                agent_id=one.agent_id,
                agent_name=self.name(AgentId(one.agent_id)),
                customer_id=one.customer_id,
                customer_code=one.customer_code,
                customer_name=one.customer_name,
                reason=one.reason,
                call_id=one.call_id,
                detail=one.detail,
            )
            for one in found
        ]
        more = entries[-1].view_id if len(entries) == wanted.limit else None
        return answer(CardViewList(views=entries, next=more))


def _wanted(request: web.Request) -> Wanted | str:
    """What is asked for, or what is wrong with it."""
    query = request.query
    ids: dict[str, int | None] = {}
    for name in ("customer", "before", "limit"):
        text = query.get(name)
        ids[name] = None if text is None else id_of(text)
        if text is not None and ids[name] is None:
            return f"{name} must be a number"
    limit = ids["limit"] or 100
    if limit > MAX_LIMIT:
        return f"limit must be from 1 to {MAX_LIMIT}"
    times: dict[str, datetime | None] = {}
    for name in ("since", "until"):
        try:
            times[name] = datetime.fromisoformat(query[name]) if name in query else None
        except ValueError as error:
            return f"{name}: {error}"
        if (at := times[name]) is not None and at.tzinfo is None:
            return f"{name} must bear an offset from UTC"
    agent = query.get("agent")
    if agent is not None and "\0" in agent:
        return "agent must be an agent's id"
    return Wanted(ids["customer"], agent, times["since"], times["until"], ids["before"], limit)
