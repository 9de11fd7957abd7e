"""The customer card: what an agent sees of a caller, one document of at most 8 KB.

PostgreSQL assembles it in one round trip (``card.sql``); its bytes go to the
cache and the browser as they are, never decoded on the way. These Structs
state its shape, for tests, for the pages' generated types and for the JSON
Schema in docs/card.schema.json. What is needed in the first three seconds
stands first. Times are ISO 8601 with offset; amounts are in the currency's
minor unit (1 yen). Lists are cut to fit; ``totals`` says how much there is,
and the API pages through it.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

import msgspec

from cti_bridge.segments.names import ContactChannel, Stage

MAX_BYTES = 8192

Channel = Literal["phone", "web", "fax", "postcard", "shop"]
ContactKind = Literal["inquiry", "order", "complaint", "thank_you", "praise", "other"]
Rank = Literal["regular", "silver", "gold", "platinum"]
Severity = Literal["notice", "warning", "critical"]
# With its offset: what reads a card need not know where the centre stands.
Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]


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
    """Somebody else who uses the same number, in the order of how likely it is they who call.

    ``has_open_order``, ``last_call_at``, ``last_order_at``: what the order is by.
    """

    customer_id: int
    name: str
    reading: str
    rank: Rank
    has_open_order: bool
    last_call_at: Instant | None
    last_order_at: Instant | None


class Caution(_Part, frozen=True, kw_only=True):
    caution_id: int
    severity: Severity
    text: str
    created_at: Instant


class Note(_Part, frozen=True, kw_only=True):
    """``is_cut``: the text is longer than what stands here. ``handover``: meant for the next agent."""

    note_id: int
    kind: Literal["note", "handover"]
    text: str
    is_cut: bool
    author: str | None
    is_pinned: bool
    created_at: Instant
    updated_at: Instant | None


class Cues(_Part, frozen=True, kw_only=True):
    """What the agent should know of the relationship. ``is_first_call``: no call on record.

    ``preferred_channel``: how the customer mostly comes; what was said in the profile counts before it.
    """

    is_first_call: bool
    last_call_at: Instant | None
    calls_7d: int
    preferred_channel: ContactChannel | None
    contacts_total: int
    orders_total: int
    amount_total_minor: int
    first_order_at: Instant | None
    last_order_at: Instant | None


class OrderLine(_Part, frozen=True, kw_only=True):
    sku: str
    name: str
    quantity: int
    unit_price_minor: int


class Order(_Part, frozen=True, kw_only=True):
    """``source``: the system it came from. ``lines``: the first of ``lines_total``."""

    number: str
    channel: Channel
    source: str
    status: Literal["open", "paid", "shipped", "delivered", "cancelled", "returned"]
    ordered_at: Instant
    total_minor: int
    paid_minor: int
    returned_minor: int
    lines: list[OrderLine]
    lines_total: int


class Contact(_Part, frozen=True, kw_only=True):
    channel: ContactChannel
    direction: Literal["in", "out"]
    occurred_at: Instant
    kind: ContactKind
    is_open: bool
    subject: str
    handled_by: str | None


class Favourite(_Part, frozen=True, kw_only=True):
    sku: str
    name: str
    added_at: Instant


class Rfm(_Part, frozen=True, kw_only=True):
    """Scores from 1 to 5, 5 the best."""

    recency: int
    frequency: int
    monetary: int


class Segment(_Part, frozen=True, kw_only=True):
    """Where the customer stands. ``rfm`` is null for who never bought, and before the first rebuild."""

    stage: Stage
    rfm: Rfm | None


class Due(_Part, frozen=True, kw_only=True):
    """A product whose next purchase is near or past; ``cycle_days`` from one to the next."""

    sku: str
    name: str
    state: Literal["soon", "due", "overdue"]
    last_at: Instant
    due_on: date
    cycle_days: float


class Product(_Part, frozen=True, kw_only=True):
    """One product in all that was bought: the share. ``times``: days on which it was bought."""

    sku: str
    name: str
    times: int
    quantity: int
    amount_minor: int
    first_at: Instant
    last_at: Instant


class Stop(_Part, frozen=True, kw_only=True):
    """Why nothing may be offered beyond what runs out; ``open_complaint`` and ``excluded`` stop that too.

    For ``trust_gate``: ``thank_yous`` of ``thank_yous_needed`` so far, and when it opens in any case.
    """

    code: Literal["open_complaint", "trust_gate", "excluded"]
    thank_yous: int
    thank_yous_needed: int
    opens_on: date | None


class Reason(_Part, frozen=True, kw_only=True):
    """Why a product is suggested; ``code`` names a sentence of the catalogue, which the others fill.

    ``product``: the product it goes with. ``due_on``: when a replenishment is due. ``question``,
    ``answer``: ids in the counselling questions.
    """

    code: Literal[
        "bought_with",
        "bought_together",
        "bought_after",
        "favourite_like",
        "replenishment",
        "counselling",
        "popular",
    ]
    product: str | None
    due_on: date | None
    question: str | None
    answer: str | None


class Suggestion(_Part, frozen=True, kw_only=True):
    sku: str
    name: str
    category: str
    price_minor: int
    reason: Reason


class Answer(_Part, frozen=True, kw_only=True):
    """What the customer said when counselled; ``question`` is an id, ``answer`` its typed value."""

    question: str
    answer: str | float | bool | list[str]
    answered_at: Instant


class CardTotals(_Part, frozen=True, kw_only=True):
    """How much there is of what the card may show only part of."""

    notes: int
    orders: int
    contacts: int
    products: int
    sharers: int


class Card(_Part, frozen=True, kw_only=True):
    """``notes``: pinned first, then newest first. ``products``: by amount, the largest first."""

    cautions: list[Caution]
    profile: Profile
    cues: Cues
    segment: Segment | None
    notes: list[Note]
    due: list[Due]
    stop: Stop | None
    suggestions: list[Suggestion]
    sharers: list[Sharer]
    answers: list[Answer]
    orders: list[Order]
    contacts: list[Contact]
    products: list[Product]
    favourites: list[Favourite]
    totals: CardTotals
    assembled_at: Instant
