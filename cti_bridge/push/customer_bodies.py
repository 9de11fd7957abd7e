"""What the API takes and gives of customers: search, profile, pages of history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from cti_bridge.lookup.card import Contact, Note, Order, Product, Rank


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what is sent to us."""


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what we send."""


class FoundNumber(_Answer, frozen=True, kw_only=True):
    """A number of somebody found."""

    e164: str
    display: str


class CustomerHit(_Answer, frozen=True, kw_only=True):
    """Somebody found; ``matched``: by what, ``order_number``: by which order, if by one."""

    customer_id: int
    code: str
    name: str
    reading: str
    rank: Rank
    postcode: str
    address: str
    numbers: list[FoundNumber]
    last_order_at: datetime | None
    matched: Literal["name", "number", "postcode", "order", "code"]
    order_number: str | None


class CustomerHits(_Answer, frozen=True, kw_only=True):
    """Answer of GET /api/customers, the likeliest first."""

    hits: list[CustomerHit]


class NewCustomer(_Body, frozen=True, kw_only=True):
    """Body of POST /api/customers. ``confirm``: make it although somebody alike is there."""

    name: str
    reading: str = ""
    postcode: str = ""
    address: str = ""
    email: str = ""
    numbers: list[str] = []
    confirm: bool = False


class CustomerMade(_Answer, frozen=True, kw_only=True):
    """Answer of POST /api/customers."""

    customer_id: int
    code: str


class FieldFault(_Answer, frozen=True, kw_only=True):
    """What is wrong with one field. ``code`` is for people, ``reason`` for developers."""

    field: str
    code: Literal["empty", "too_long", "wrong"]
    reason: str


class CustomerRefused(_Answer, frozen=True, kw_only=True):
    """Why a customer was not saved: faults of fields, or people who may be the same."""

    faults: list[FieldFault]
    duplicates: list[CustomerHit]


class ChangedCustomer(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """Body of PATCH /api/customers/{customer_id}; what is missing stays, an empty text empties."""

    name: str | None = None
    reading: str | None = None
    rank: Rank | None = None
    birth_date: date | None = None
    postcode: str | None = None
    address: str | None = None
    email: str | None = None
    preferred_channel: str | None = None
    add_numbers: list[str] = []
    remove_numbers: list[str] = []


class PastOrder(Order, frozen=True, kw_only=True):
    """An order with all its lines."""

    order_id: int


class PastContact(Contact, frozen=True, kw_only=True):
    """A contact with its text. ``closed_at``: when an open one was closed."""

    contact_id: int
    body: str
    closed_at: datetime | None


class PastProduct(Product, frozen=True, kw_only=True):
    """A product in all that was bought."""

    product_id: int


class OrderPage(_Answer, frozen=True, kw_only=True):
    """Answer of GET /api/customers/{customer_id}/orders; ``next`` goes into ``before`` for the page after."""

    items: list[PastOrder]
    next: str | None


class ContactPage(_Answer, frozen=True, kw_only=True):
    """Answer of GET /api/customers/{customer_id}/contacts."""

    items: list[PastContact]
    next: str | None


class NotePage(_Answer, frozen=True, kw_only=True):
    """Answer of GET /api/customers/{customer_id}/notes."""

    items: list[Note]
    next: str | None


class ProductPage(_Answer, frozen=True, kw_only=True):
    """Answer of GET /api/customers/{customer_id}/products."""

    items: list[PastProduct]
    next: str | None


class ChosenCustomer(_Body, frozen=True, kw_only=True):
    """Body of POST /api/calls/{call_id}/customer; null: nobody of those the number belongs to."""

    customer_id: int | None


class SuggestionOutcome(_Body, frozen=True, kw_only=True):
    """Body of POST …/suggestions/{sku}/outcome. ``amount_minor``: what was sold, with ``accepted`` alone."""

    outcome: Literal["offered", "accepted", "declined", "not_offered"]
    call_id: str = ""
    amount_minor: int | None = None


class OutcomeRecorded(_Answer, frozen=True, kw_only=True):
    """Answer of POST …/suggestions/{sku}/outcome."""

    outcome: Literal["offered", "accepted", "declined", "not_offered"]
    at: datetime
