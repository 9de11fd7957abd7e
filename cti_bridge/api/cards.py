"""Cards over HTTP: of a customer who was looked for, and of whom a call is said to be from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from cti_bridge.agents.permissions import Right, may
from cti_bridge.agents.sessions import Session, Sessions
from cti_bridge.api.answers import answer_json, empty, problem
from cti_bridge.api.bodies import read_body
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.api.signed_in import Viewed, customer_id_of, id_of, no_such_customer, signed_in, stores_away
from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.customers.households import Households
from cti_bridge.errors import Unavailable
from cti_bridge.lookup.card import Card
from cti_bridge.lookup.outcome import Found, Resolution, Unreachable
from cti_bridge.push.customer_bodies import ChosenCustomer
from cti_bridge.storage.postgres import SETTING


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that lives: the number it comes from, and at whom it rings or who speaks."""

    e164: str | None
    agent_ids: frozenset[AgentId]


class LiveCalls(Protocol):
    """Calls that live: see ``perform.Performer``."""

    def live_call(self, call_id: CallId) -> LiveCall | None:
        """The call; None when it is over."""
        ...

    def identify(self, call_id: CallId, customer_id: int | None) -> None:
        """Show the card of ``customer_id`` (None: of nobody) wherever the call is shown."""
        ...

    def unidentify(self, call_id: CallId) -> None:
        """Show what the number alone says."""
        ...


class CardsOf(Protocol):
    """Reads cards: see ``lookup.resolve.Resolver``."""

    async def card_of(self, customer_id: int, e164: str | None) -> Resolution:
        """The card of somebody in particular."""
        ...


@dataclass(frozen=True, slots=True)
class CardsApi:
    """The handlers of ``/api/customers/{customer_id}/card`` and ``/api/calls/{call_id}/customer``."""

    sessions: Sessions
    cards: CardsOf
    households: Households
    live_calls: LiveCalls
    viewed: Viewed

    def endpoints(self) -> list[Endpoint]:
        """What is served."""
        whose = "/api/calls/{call_id}/customer"
        choose, take_back = self.choose, self.take_back
        return [
            Endpoint(
                "GET",
                "/api/customers/{customer_id}/card",
                "A customer's card (call_id: the call it is looked at for)",
                self.card,
                {200: Card},
                needs_session=True,
            ),
            Endpoint("POST", whose, "Say whom a call is from", choose, {204: None}, ChosenCustomer, True),
            Endpoint("DELETE", whose, "Take that back", take_back, {204: None}, needs_session=True),
        ]

    async def card(self, request: web.Request) -> web.Response:
        """The card of somebody who was looked for. Being seen is written down."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        customer_id = customer_id_of(request)
        if customer_id is None:
            return no_such_customer()
        match await self.cards.card_of(customer_id, None):
            case Found(card=card):
                call_id = request.query.get("call_id") or None
                self.viewed(session.agent_id, customer_id, "search", call_id=call_id)
                return answer_json(card)
            case Unreachable():
                raise Unavailable(SETTING, "the card could not be read")
            case _:
                return no_such_customer()

    async def choose(self, request: web.Request) -> web.Response:
        """The call is from this customer: so it is on every screen, and when the number calls again."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        body = await read_body(request, ChosenCustomer)
        if isinstance(body, web.Response):
            return body
        if body.customer_id is not None and id_of(str(body.customer_id)) is None:
            return no_such_customer()
        call_id = CallId(request.match_info["call_id"])
        with stores_away():
            e164 = await self._number(session, call_id)
            if isinstance(e164, web.Response):
                return e164
            saved = await self.households.choose(call_id, e164, body.customer_id, session.agent_id)
        if saved == "no_such_customer":
            return no_such_customer()
        self.live_calls.identify(call_id, body.customer_id)
        return empty()

    async def take_back(self, request: web.Request) -> web.Response:
        """Nothing was said: the number alone tells whose call it is."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        call_id = CallId(request.match_info["call_id"])
        with stores_away():
            e164 = await self._number(session, call_id)
            if isinstance(e164, web.Response):
                return e164
            await self.households.take_back(call_id)
        self.live_calls.unidentify(call_id)
        return empty()

    async def _number(self, session: Session, call_id: CallId) -> str | web.Response | None:
        """The number of a call that ``session`` may speak of, or the answer that says it may not."""
        live = self.live_calls.live_call(call_id)
        if live is not None:
            if session.agent_id in live.agent_ids or may(session.role, Right.HANDLE_OTHERS_CALLS):
                return live.e164
            return problem(403, "forbidden", "the call is another agent's")
        past = await self.households.past_call(call_id, session.agent_id) if "\0" not in call_id else None
        return past.e164 if past is not None else problem(404, "not_found", "there is no such call of yours")
