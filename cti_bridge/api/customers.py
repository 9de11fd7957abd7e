"""Customers over HTTP: finding, making and changing one, and the pages of history behind the card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

import msgspec
from aiohttp import web

from cti_bridge.agents.sessions import Session, Sessions
from cti_bridge.api.answers import answer, answer_json, empty, problem
from cti_bridge.api.bodies import read_body
from cti_bridge.api.endpoint import Endpoint, Handler
from cti_bridge.api.signed_in import Viewed, customer_id_of, no_such_customer, signed_in, stores_away
from cti_bridge.customers.csv_row import BadRow
from cti_bridge.customers.pages import MAX_LIMIT, Pages, Part
from cti_bridge.customers.profile import FIELDS, Changed, Created, Duplicates, Faulty, Missing, Profiles
from cti_bridge.customers.search import MAX_HITS, Hit, Search
from cti_bridge.push.customer_bodies import (
    ChangedCustomer,
    ContactPage,
    CustomerHit,
    CustomerHits,
    CustomerMade,
    CustomerRefused,
    FieldFault,
    FoundNumber,
    NewCustomer,
    NotePage,
    OrderPage,
    ProductPage,
)

DEFAULT_HITS, DEFAULT_PAGE = 20, 20
_PAGES: dict[Part, type[msgspec.Struct]] = {
    "orders": OrderPage,
    "contacts": ContactPage,
    "notes": NotePage,
    "products": ProductPage,
}


@dataclass(frozen=True, slots=True)
class CustomersApi:
    """The handlers of ``/api/customers``. ``on_search`` counts searches by how many they found."""

    sessions: Sessions
    search: Search
    profiles: Profiles
    pages: Pages
    viewed: Viewed
    on_search: Callable[[int], None] = lambda hits: None

    def endpoints(self) -> list[Endpoint]:
        """What is served."""
        find, make, change = self.find, self.make, self.change
        refused = CustomerRefused
        return [
            Endpoint(
                "GET",
                "/api/customers",
                "Find customers by name, reading, end of a number, postcode, order number or code (q, limit)",
                find,
                {200: CustomerHits},
                needs_session=True,
            ),
            Endpoint(
                "POST",
                "/api/customers",
                "Make a customer",
                make,
                {201: CustomerMade, 409: refused, 422: refused},
                NewCustomer,
                True,
            ),
            Endpoint(
                "PATCH",
                "/api/customers/{customer_id}",
                "Change a customer",
                change,
                {204: None, 422: refused},
                ChangedCustomer,
                True,
            ),
            *(
                Endpoint(
                    "GET",
                    f"/api/customers/{{customer_id}}/{part}",
                    f"A customer's {part}, newest first (before, limit)",
                    self._pager(part),
                    {200: shape},
                    needs_session=True,
                )
                for part, shape in _PAGES.items()
            ),
        ]

    async def find(self, request: web.Request) -> web.Response:
        """Who may be meant. What was typed is written down nowhere."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        limit = _limit(request, DEFAULT_HITS, MAX_HITS)
        if isinstance(limit, web.Response):
            return limit
        with stores_away():
            hits = await self.search.find(request.query.get("q", ""), limit=limit)
        self.on_search(len(hits))
        return answer(CustomerHits(hits=[_hit(hit) for hit in hits]))

    async def make(self, request: web.Request) -> web.Response:
        """A new customer; first who may be the same is named."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        body = await read_body(request, NewCustomer)
        if isinstance(body, web.Response):
            return body
        fields = {name: getattr(body, name) for name in ("name", "reading", "postcode", "address", "email")}
        with stores_away():
            made = await self.profiles.create(fields, body.numbers, is_confirmed=body.confirm)
        match made:
            case Created(customer_id=customer_id, code=code):
                self._changed(session, customer_id, "made")
                return answer(CustomerMade(customer_id=customer_id, code=code), 201)
            case Duplicates(hits=hits):
                return answer(CustomerRefused(faults=[], duplicates=[_hit(hit) for hit in hits]), 409)
            case Faulty(faults=faults):
                return _faulty(faults)
            case _:
                assert_never(made)

    async def change(self, request: web.Request) -> web.Response:
        """Change what is named."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        customer_id = customer_id_of(request)
        if customer_id is None:
            return no_such_customer()
        body = await read_body(request, ChangedCustomer)
        if isinstance(body, web.Response):
            return body
        fields = {name: str(value) for name in FIELDS if (value := getattr(body, name)) is not None}
        with stores_away():
            outcome = await self.profiles.change(customer_id, fields, body.add_numbers, body.remove_numbers)
        match outcome:
            case Changed():
                self._changed(session, customer_id, ", ".join(fields) or "numbers")
                return empty()
            case Missing():
                return no_such_customer()
            case Faulty(faults=faults):
                return _faulty(faults)
            case _:
                assert_never(outcome)

    def _pager(self, part: Part) -> Handler:
        async def page(request: web.Request) -> web.Response:
            session = await signed_in(request, self.sessions)
            if isinstance(session, web.Response):
                return session
            customer_id = customer_id_of(request)
            limit = _limit(request, DEFAULT_PAGE, MAX_LIMIT)
            if isinstance(limit, web.Response):
                return limit
            if customer_id is None:
                return no_such_customer()
            try:
                with stores_away():
                    found = await self.pages.read(customer_id, part, request.query.get("before"), limit)
            except ValueError as error:
                return problem(400, "bad_request", str(error))
            if found is None:
                return no_such_customer()
            call_id = request.query.get("call_id") or None
            self.viewed(session.agent_id, customer_id, "history", call_id=call_id, detail=part)
            more = msgspec.json.encode(found.next)
            return answer_json(b'{"items":' + found.items + b',"next":' + more + b"}")

        return page

    def _changed(self, session: Session, customer_id: int, detail: str) -> None:
        self.viewed(session.agent_id, customer_id, "change", call_id=None, detail=detail)


def _limit(request: web.Request, default: int, most: int) -> int | web.Response:
    text = request.query.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        return problem(400, "bad_request", f"limit must be from 1 to {most}")
    return int(text)


def _hit(hit: Hit) -> CustomerHit:
    return CustomerHit(
        customer_id=hit.customer_id,
        code=hit.code,
        name=hit.name,
        reading=hit.reading,
        rank=hit.rank,  # type: ignore[arg-type] # the table holds no other
        postcode=hit.postcode,
        address=hit.address,
        numbers=[FoundNumber(e164=number.e164, display=number.display) for number in hit.numbers],
        last_order_at=hit.last_order_at,
        matched=hit.matched,
        order_number=hit.order_number,
    )


def _faulty(faults: tuple[BadRow, ...]) -> web.Response:
    named = [
        FieldFault(
            field=bad.column,
            code="empty"
            if bad.reason == "is empty"
            else "too_long"
            if "longer than" in bad.reason
            else "wrong",
            reason=bad.reason,
        )
        for bad in faults
    ]
    return answer(CustomerRefused(faults=named, duplicates=[]), 422)
