"""What is known of some customers' orders and contacts, read for many at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

import asyncpg

from cti_bridge.segments.names import ContactChannel

_TIMEOUT_S = 120.0

# An order counts unless it was cancelled or sent back as a whole; what was sent back of it counts less.
_CUSTOMERS = "select customer_id, is_excluded, joined_on from customer where customer_id = any($1)"
_ORDERS = """
select o.customer_id, count(*) as orders, sum(o.total_minor - coalesce(r.amount_minor, 0)) as amount_minor,
       min(o.ordered_at) as first_at, max(o.ordered_at) as last_at
from "order" o
left join lateral (
    select sum(amount_minor) as amount_minor, bool_or(line is null) as is_whole
    from order_return r where r.order_id = o.order_id) r on true
where o.customer_id = any($1) and o.status not in ('cancelled', 'returned') and r.is_whole is not true
group by 1
"""
_PRODUCTS = """
select o.customer_id, l.product_id,
       array_agg(distinct (o.ordered_at at time zone $2)::date) as days,
       sum(l.quantity - coalesce(r.quantity, 0)) as quantity,
       sum(l.quantity * l.unit_price_minor - coalesce(r.amount_minor, 0)) as amount_minor,
       min(o.ordered_at) as first_at, max(o.ordered_at) as last_at
from "order" o
join order_line l using (order_id)
left join lateral (
    select sum(quantity) as quantity, sum(amount_minor) as amount_minor
    from order_return r where r.order_id = o.order_id and r.line = l.line) r on true
where o.customer_id = any($1) and o.status not in ('cancelled', 'returned')
  and not exists (select from order_return w where w.order_id = o.order_id and w.line is null)
group by 1, 2
having sum(l.quantity - coalesce(r.quantity, 0)) > 0
"""
_CONTACTS = """
select customer_id, count(*) as contacts,
       max(occurred_at) filter (where channel = 'call') as last_call_at,
       count(*) filter (where kind = 'thank_you') as thank_yous,
       array_agg(channel order by occurred_at, contact_id) filter (where direction = 'in') as channels,
       array_agg(occurred_at order by occurred_at, contact_id) filter (where direction = 'in') as times
from contact where customer_id = any($1) group by 1
"""


@dataclass(frozen=True, slots=True)
class BoughtProduct:
    """One product in all that a customer bought and kept. ``days``: distinct, in the region's time."""

    product_id: int
    days: tuple[date, ...]
    quantity: int
    amount_minor: int
    first_at: datetime
    last_at: datetime


@dataclass(slots=True)
class History:
    """One customer's orders that were kept, and contacts. ``came``: the customer's own, oldest first."""

    customer_id: int
    is_excluded: bool = False
    joined_on: date = date.min
    orders: int = 0
    amount_minor: int = 0
    first_order_at: datetime | None = None
    last_order_at: datetime | None = None
    products: list[BoughtProduct] = field(default_factory=list)
    contacts: int = 0
    last_call_at: datetime | None = None
    thank_yous: int = 0
    came: list[tuple[ContactChannel, datetime]] = field(default_factory=list)


async def read_histories(
    connection: asyncpg.Connection, customer_ids: Collection[int], time_zone: str
) -> dict[int, History]:
    """The histories of those of ``customer_ids`` who exist; days are those of ``time_zone``.

    Raises: what is in ``storage.postgres.FAULTS``.
    """
    ids = list(customer_ids)
    fetch = connection.fetch
    found = {
        row["customer_id"]: History(row["customer_id"], row["is_excluded"], row["joined_on"])
        for row in await fetch(_CUSTOMERS, ids, timeout=_TIMEOUT_S)
    }
    for row in await fetch(_ORDERS, ids, timeout=_TIMEOUT_S):
        history = found[row["customer_id"]]
        history.orders, history.amount_minor = row["orders"], int(row["amount_minor"])
        history.first_order_at, history.last_order_at = row["first_at"], row["last_at"]
    for customer_id, product_id, days, quantity, amount, first_at, last_at in await fetch(
        _PRODUCTS, ids, time_zone, timeout=_TIMEOUT_S
    ):
        found[customer_id].products.append(
            BoughtProduct(product_id, tuple(days), int(quantity), int(amount), first_at, last_at)
        )
    for row in await fetch(_CONTACTS, ids, timeout=_TIMEOUT_S):
        history = found[row["customer_id"]]
        history.contacts, history.last_call_at = row["contacts"], row["last_call_at"]
        history.thank_yous = row["thank_yous"]
        history.came = list(zip(row["channels"] or (), row["times"] or (), strict=True))
    return found
