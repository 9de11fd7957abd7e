"""The demo house as rows for the database, made up in memory; nothing here touches a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from random import Random

from cti_bridge.calls.numbers import normalise
from cti_bridge.demo import conversations
from cti_bridge.demo.conversations import Caution, Contact, Note
from cti_bridge.demo.orders import Order, Shelf, orders
from cti_bridge.demo.people import Person, people
from cti_bridge.demo.products import Product, catalogue

Row = tuple[object, ...]

# Spend of the three years, in yen, from which a rank is held; about 3, 8 and 15 in a hundred.
RANKS = ((500_000, "platinum"), (200_000, "gold"), (70_000, "silver"), (0, "regular"))
_CONTACT_OF_ORDER = {
    "phone": "call",
    "web": "email",
    "fax": "fax",
    "postcard": "letter",
    "shop": "shop_visit",
}
_OUT_OF_STOCK_SHARE = 0.04
_DISCONTINUED_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one table. ``identity``: the column whose sequence must continue after them, if any."""

    name: str
    columns: tuple[str, ...]
    rows: list[Row]
    identity: str | None = None


def house(customers: int, seed: int, now: datetime, agent_ids: Sequence[str]) -> list[Table]:
    """Every table but the agents', parents before children; an id is a place in its table, from 1.

    The same for the same arguments. ``agent_ids`` are those who handle the
    customers and to whom the best of them are given.
    """
    rng = Random(f"{seed}/house")
    products = catalogue()
    persons = people(customers, seed, now.date())
    wanted = {sku for p in persons if p.known for plan in p.known.orders for sku in plan.skus}
    on_sale = [product.sku in wanted or rng.random() >= _DISCONTINUED_SHARE for product in products]
    in_stock = [product.sku in wanted or rng.random() >= _OUT_OF_STOCK_SHARE for product in products]
    shelf = Shelf(products, frozenset(place for place, sold in enumerate(on_sale) if not sold), seed)
    bought = orders(persons, shelf, seed, now)
    ranks = _ranks(persons, bought)
    dedicated = [
        _dedicated(rng, person, rank, agent_ids) for person, rank in zip(persons, ranks, strict=True)
    ]
    said = conversations.contacts(persons, bought, dedicated, agent_ids, seed, now)
    noted = sorted(conversations.notes(persons, dedicated, agent_ids, seed, now), key=lambda n: n.created_at)
    return [
        _customers(persons, ranks, _preferred(rng, persons, bought), dedicated),
        Table(
            "customer_number",
            ("customer_id", "e164", "label", "display"),
            [
                (place, e164, label, normalise(e164).display)
                for place, person in enumerate(persons, 1)
                for e164, label in person.numbers
            ],
        ),
        _products(products, in_stock, on_sale),
        *_orders(bought),
        Table(
            "contact",
            ("customer_id", "channel", "direction", "occurred_at", "subject", "agent_id", "kind", "is_open"),
            _by(said),
        ),
        Table("karte_note", ("customer_id", "agent_id", "text", "is_pinned", "created_at"), _by(noted)),
        Table(
            "caution",
            ("customer_id", "severity", "text", "created_at", "ended_at"),
            _by(conversations.cautions(persons, seed, now)),
        ),
        Table(
            "favourite",
            ("customer_id", "product_id", "added_at"),
            [
                (mark.customer + 1, mark.product + 1, mark.added_at)
                for mark in conversations.favourites(persons, shelf, seed, now)
            ],
        ),
    ]


def _customers(
    persons: Sequence[Person],
    ranks: Sequence[str],
    preferred: Sequence[str | None],
    dedicated: Sequence[str | None],
) -> Table:
    columns = (
        "customer_id code name reading rank birth_date postcode address email preferred_channel"
        " dedicated_agent_id joined_on"
    )
    rows: list[Row] = [
        (
            place + 1,
            person.code,
            person.name,
            person.reading,
            ranks[place],
            person.birth_date,
            person.home.postcode,
            person.home.address,
            person.email,
            preferred[place],
            dedicated[place],
            person.joined_on,
        )
        for place, person in enumerate(persons)
    ]
    return Table("customer", tuple(columns.split()), rows, "customer_id")


def _products(products: Sequence[Product], in_stock: Sequence[bool], on_sale: Sequence[bool]) -> Table:
    rows: list[Row] = [
        (place + 1, p.sku, p.name, p.category, p.price_minor, in_stock[place], on_sale[place])
        for place, p in enumerate(products)
    ]
    columns = ("product_id", "sku", "name", "category", "price_minor", "is_in_stock", "is_active")
    return Table("product", columns, rows, "product_id")


def _orders(bought: Sequence[Order]) -> tuple[Table, Table]:
    order_rows: list[Row] = []
    line_rows: list[Row] = []
    for place, order in enumerate(bought, 1):
        number = f"{order.ordered_at:%y%m%d}-{place:06d}"
        order_rows.append(
            (
                place,
                number,
                order.customer + 1,
                order.channel,
                order.status,
                order.ordered_at,
                order.total_minor,
            )
        )
        for line_number, line in enumerate(order.lines, 1):
            line_rows.append((place, line_number, line.product + 1, line.quantity, line.unit_price_minor))
    order_columns = ("order_id", "number", "customer_id", "channel", "status", "ordered_at", "total_minor")
    line_columns = ("order_id", "line", "product_id", "quantity", "unit_price_minor")
    return (
        Table("order", order_columns, order_rows, "order_id"),
        Table("order_line", line_columns, line_rows),
    )


def _by(said: Iterable[Contact | Note | Caution]) -> list[Row]:
    """Rows in the order of the fields, the customer's place made an id."""
    rows: list[Row] = []
    for entry in said:
        customer, *rest = astuple(entry)
        rows.append((customer + 1, *rest))
    return rows


def _ranks(persons: Sequence[Person], bought: Iterable[Order]) -> list[str]:
    spent = [0] * len(persons)
    for order in bought:
        if order.is_sale:
            spent[order.customer] += order.total_minor
    return [next(rank for least, rank in RANKS if amount >= least) for amount in spent]


def _dedicated(rng: Random, person: Person, rank: str, agent_ids: Sequence[str]) -> str | None:
    """Gold and platinum customers have an agent of their own."""
    if person.known is not None:
        return person.known.dedicated_agent_id
    return rng.choice(agent_ids) if rank in ("gold", "platinum") else None


def _preferred(rng: Random, persons: Sequence[Person], bought: Iterable[Order]) -> list[str | None]:
    """The way each mostly orders, where that is known."""
    ways: list[Counter[str]] = [Counter() for _ in persons]
    for order in bought:
        ways[order.customer][_CONTACT_OF_ORDER[order.channel]] += 1
    found: list[str | None] = []
    for person, way in zip(persons, ways, strict=True):
        if person.known is not None:
            found.append(person.known.preferred_channel)
        elif way and rng.random() < 0.85:
            found.append(way.most_common(1)[0][0])
        else:
            found.append(None)
    return found
