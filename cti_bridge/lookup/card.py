"""The customer card: what an agent sees of a caller, one document.

PostgreSQL assembles it in one round trip (``card.sql``); its bytes go to the
cache and the browser as they are, never decoded on the way. These Structs
state its shape, for tests and for the pages' generated types. Times are ISO
8601 with offset; amounts are in the currency's minor unit (1 yen).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

import msgspec

Channel = Literal["phone", "web", "fax", "postcard", "shop"]
ContactChannel = Literal["call", "email", "letter", "fax", "chat", "social", "shop_visit"]
Rank = Literal["regular", "silver", "gold", "platinum"]
Severity = Literal["notice", "warning", "critical"]


class Lookup(StrEnum):
    """What became of the search for the caller's card."""

    FOUND = "found"
    UNKNOWN = "unknown"
    WITHHELD = "withheld"
    INTERNAL = "internal"
    PENDING = "pending"
    UNAVAILABLE = "unavailable"


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the card's parts: a field the SQL adds without the Struct is an error."""


class CustomerNumber(_Part, frozen=True, kw_only=True):
    """``display`` is the number as people write it, empty where that is not known."""

    e164: str
    display: str
    label: Literal["mobile", "home", "work", "fax", "other"]


class Profile(_Part, frozen=True, kw_only=True):
    customer_id: int
    code: str
    name: str
    reading: str
    rank: Rank
    birth_date: date | None
    postcode: str
    address: str
    email: str
    preferred_channel: ContactChannel | None
    dedicated_agent_id: str | None
    dedicated_agent_name: str | None
    joined_on: date
    numbers: list[CustomerNumber]


class Sharer(_Part, frozen=True, kw_only=True):
    """Somebody else who uses the same number."""

    customer_id: int
    name: str
    reading: str
    rank: Rank


class Caution(_Part, frozen=True, kw_only=True):
    severity: Severity
    text: str
    created_at: datetime


class Note(_Part, frozen=True, kw_only=True):
    note_id: int
    text: str
    author: str | None
    is_pinned: bool
    created_at: datetime


class Cues(_Part, frozen=True, kw_only=True):
    """What the agent should know of the relationship. ``is_first_call``: no call on record."""

    is_first_call: bool
    last_call_at: datetime | None
    calls_7d: int
    contacts_total: int
    orders_total: int
    amount_total_minor: int
    first_order_at: datetime | None
    last_order_at: datetime | None


class OrderLine(_Part, frozen=True, kw_only=True):
    sku: str
    name: str
    quantity: int
    unit_price_minor: int


class Order(_Part, frozen=True, kw_only=True):
    number: str
    channel: Channel
    status: Literal["open", "paid", "shipped", "delivered", "cancelled", "returned"]
    ordered_at: datetime
    total_minor: int
    lines: list[OrderLine]


class Contact(_Part, frozen=True, kw_only=True):
    channel: ContactChannel
    direction: Literal["in", "out"]
    occurred_at: datetime
    subject: str
    handled_by: str | None


class Favourite(_Part, frozen=True, kw_only=True):
    sku: str
    name: str
    added_at: datetime


class Reason(_Part, frozen=True, kw_only=True):
    """Why a product is suggested; ``code`` names a sentence of the catalogue, ``product`` fills it."""

    code: Literal["bought_with", "favourite_like", "popular"]
    product: str | None


class Suggestion(_Part, frozen=True, kw_only=True):
    sku: str
    name: str
    category: str
    price_minor: int
    reason: Reason


class Card(_Part, frozen=True, kw_only=True):
    """``notes`` newest first, pinned included; at most 10 orders, 10 contacts, 5 notes, 5 favourites."""

    profile: Profile
    sharers: list[Sharer]
    cautions: list[Caution]
    cues: Cues
    notes: list[Note]
    orders: list[Order]
    contacts: list[Contact]
    favourites: list[Favourite]
    suggestions: list[Suggestion]
    assembled_at: datetime
