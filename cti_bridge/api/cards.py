"""Cards over HTTP: of a customer who was looked for, and of whom a call is said to be from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import msgspec
from aiohttp import web

from cti_bridge.agents.permissions import Right, may
from cti_bridge.agents.sessions import COOKIE, Session, Sessions
from cti_bridge.api.answers import answer_json, empty, problem
from cti_bridge.api.bodies import read_body
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.customers.households import Households
from cti_bridge.errors import Unavailable
from cti_bridge.lookup.card import Card
from cti_bridge.lookup.outcome import Found, Resolution, Unreachable
from cti_bridge.storage.postgres import FAULTS, SETTING, explain

_MAX_ID = 2**63 - 1


class ChosenCustomer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/calls/{call_id}/customer; null: nobody of those the number belongs to."""

    customer_id: int | None


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


class Viewed(Protocol):
    """Writes down who saw whose card."""

    def __call__(
        self, agent_id: AgentId, customer_id: int, reason: str, *, call_id: str | None, detail: str = ""
    ) -> None:
        """Never raises, never waits."""
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
        session = await self._session(request)
        if session is None:
            return _not_signed_in()
        customer_id = _customer_id(request.match_info["customer_id"])
        if customer_id is None:
            return _no_such_customer()
        match await self.cards.card_of(customer_id, None):
            case Found(card=card):
                call_id = request.query.get("call_id") or None
                self.viewed(session.agent_id, customer_id, "search", call_id=call_id)
                return answer_json(card)
            case Unreachable():
                raise Unavailable(SETTING, "the card could not be read")
            case _:
                return _no_such_customer()

    async def choose(self, request: web.Request) -> web.Response:
        """The call is from this customer: so it is on every screen, and when the number calls again."""
        session = await self._session(request)
        if session is None:
            return _not_signed_in()
        body = await read_body(request, ChosenCustomer)
        if isinstance(body, web.Response):
            return body
        if body.customer_id is not None and not 0 < body.customer_id <= _MAX_ID:
            return _no_such_customer()
        call_id = CallId(request.match_info["call_id"])
        try:
            e164 = await self._number(session, call_id)
            if isinstance(e164, web.Response):
                return e164
            saved = await self.households.choose(call_id, e164, body.customer_id, session.agent_id)
        except FAULTS as error:
            raise Unavailable(SETTING, explain(error)) from error
        if saved == "no_such_customer":
            return _no_such_customer()
        self.live_calls.identify(call_id, body.customer_id)
        return empty()

    async def take_back(self, request: web.Request) -> web.Response:
        """Nothing was said: the number alone tells whose call it is."""
        session = await self._session(request)
        if session is None:
            return _not_signed_in()
        call_id = CallId(request.match_info["call_id"])
        try:
            e164 = await self._number(session, call_id)
            if isinstance(e164, web.Response):
                return e164
            await self.households.take_back(call_id)
        except FAULTS as error:
            raise Unavailable(SETTING, explain(error)) from error
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

    async def _session(self, request: web.Request) -> Session | None:
        return await self.sessions.read(request.cookies.get(COOKIE, ""))


def _customer_id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:20]) <= _MAX_ID else None


def _not_signed_in() -> web.Response:
    return problem(401, "not_signed_in", "there is no session, or it ended")


def _no_such_customer() -> web.Response:
    return problem(404, "not_found", "there is no such customer")
