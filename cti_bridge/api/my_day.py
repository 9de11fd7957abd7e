"""The agent's own day."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from cti_bridge.agents.my_day import Days
from cti_bridge.agents.sessions import Sessions
from cti_bridge.api.answers import answer
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.api.signed_in import signed_in, stores_away
from cti_bridge.push.envelope import MyDay


@dataclass(frozen=True, slots=True)
class MyDayApi:
    """The handler of ``/api/me/day``."""

    sessions: Sessions
    days: Days

    def endpoints(self) -> list[Endpoint]:
        """What is served."""
        return [
            Endpoint(
                "GET", "/api/me/day", "What came of my day", self.today, {200: MyDay}, needs_session=True
            )
        ]

    async def today(self, request: web.Request) -> web.Response:
        """Since midnight."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        with stores_away():
            day = await self.days.today(session.agent_id)
        return answer(MyDay(sold_minor=day.sold_minor, accepted=day.accepted, praise=day.praise))
