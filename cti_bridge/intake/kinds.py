"""The kinds of records from outside: their fields, what each may be, and by what a record is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cti_bridge.intake.values import (
    Reader,
    amount,
    code,
    flag,
    moment,
    one_of,
    quantity,
    signed_amount,
    text,
)

KindName: TypeAlias = Literal["products", "orders", "returns", "payments", "contacts", "favourites", "notes"]

CHANNELS = ("phone", "web", "fax", "postcard", "shop")
STATUSES = ("open", "paid", "shipped", "delivered", "cancelled", "returned")
CONTACT_CHANNELS = ("call", "email", "letter", "fax", "chat", "social", "shop_visit")
CONTACT_KINDS = ("inquiry", "order", "complaint", "thank_you", "praise", "other")
MAX_TEXT_CHARS = 10_000


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``default`` stands where nothing is given; ``sql`` is its type in the database."""

    read: Reader
    sql: str = "text"
    is_required: bool = False
    default: object = None


@dataclass(frozen=True, slots=True)
class Kind:
    """``key``: the fields by which a record of one source is known. ``lines``: the fields of its lines."""

    name: KindName
    fields: Mapping[str, Field]
    key: tuple[str, ...]
    lines: Mapping[str, Field] = field(default_factory=dict)
    # Exactly one of these must be given.
    names_customer: bool = False


# Either says whose a record is.
CUSTOMER = {
    "customer_code": Field(code(64)),
    "customer_external_id": Field(code(128)),
}


def _need(read: Reader, sql: str = "text") -> Field:
    return Field(read, sql, is_required=True)


KINDS: Mapping[KindName, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "products",
            {
                "sku": _need(code(64)),
                "name": _need(text(200)),
                "category": _need(text(100)),
                "price_minor": _need(amount, "bigint"),
                "is_in_stock": Field(flag, "boolean", default=True),
                "is_active": Field(flag, "boolean", default=True),
                "kind": Field(one_of(("trial", "main", "subscription", "other")), default="other"),
                "repeats": Field(flag, "boolean"),
            },
            ("sku",),
        ),
        Kind(
            "orders",
            {
                "number": _need(code(64)),
                **CUSTOMER,
                "channel": _need(one_of(CHANNELS)),
                "status": _need(one_of(STATUSES)),
                "ordered_at": _need(moment, "timestamptz"),
                "total_minor": Field(amount, "bigint"),
            },
            ("number",),
            lines={
                "sku": _need(code(64)),
                "quantity": _need(quantity, "int"),
                "unit_price_minor": _need(amount, "bigint"),
            },
            names_customer=True,
        ),
        Kind(
            "returns",
            {
                "external_id": _need(code(128)),
                "order_number": _need(code(64)),
                "returned_at": _need(moment, "timestamptz"),
                "sku": Field(code(64)),
                "quantity": Field(quantity, "int"),
                "amount_minor": Field(amount, "bigint"),
                "reason": Field(text(300), default=""),
            },
            ("external_id",),
        ),
        Kind(
            "payments",
            {
                "external_id": _need(code(128)),
                "order_number": _need(code(64)),
                "paid_at": _need(moment, "timestamptz"),
                "amount_minor": _need(signed_amount, "bigint"),
                "method": Field(text(60), default=""),
            },
            ("external_id",),
        ),
        Kind(
            "contacts",
            {
                "external_id": _need(code(128)),
                **CUSTOMER,
                "channel": _need(one_of(CONTACT_CHANNELS)),
                "direction": Field(one_of(("in", "out")), default="in"),
                "kind": Field(one_of(CONTACT_KINDS), default="other"),
                "occurred_at": _need(moment, "timestamptz"),
                "subject": Field(text(200), default=""),
                "body": Field(text(MAX_TEXT_CHARS, lines=True), default=""),
                "agent_id": Field(code(32)),
                "is_open": Field(flag, "boolean", default=False),
            },
            ("external_id",),
            names_customer=True,
        ),
        Kind(
            "favourites",
            {
                **CUSTOMER,
                "sku": _need(code(64)),
                "added_at": Field(moment, "timestamptz"),
                "is_removed": Field(flag, "boolean", default=False),
            },
            ("customer_code", "customer_external_id", "sku"),
            names_customer=True,
        ),
        Kind(
            "notes",
            {
                "external_id": _need(code(128)),
                **CUSTOMER,
                "text": _need(text(MAX_TEXT_CHARS, lines=True)),
                "kind": Field(one_of(("note", "handover")), default="note"),
                "is_pinned": Field(flag, "boolean", default=False),
                "created_at": _need(moment, "timestamptz"),
                "agent_id": Field(code(32)),
            },
            ("external_id",),
            names_customer=True,
        ),
    )
}
