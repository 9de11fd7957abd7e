"""A customer's history page by page, newest first: what the card has no room for."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import asyncpg

MAX_LIMIT = 100
_NO_POSITION = "before is not a position that a page gave"

Part: TypeAlias = Literal["orders", "contacts", "notes", "products"]


@dataclass(frozen=True, slots=True)
class Page:
    """``items`` as JSON in UTF-8, shaped as ``push.customer_bodies``; ``next`` begins the page after."""

    items: bytes
    next: str | None


# Each gives rows of JSON with what they are sorted by, from the last position on: $2 and $3.
_SQL: Final[dict[Part, str]] = {
    "orders": """
        select row_to_json(r)::text as item, r.ordered_at::text as sorted_by, r.order_id as id from (
            select o.order_id, o.number, o.channel, o.source, o.status, o.ordered_at, o.total_minor,
                   (select coalesce(sum(y.amount_minor), 0) from payment y
                    where y.order_id = o.order_id) as paid_minor,
                   (select coalesce(sum(y.amount_minor), 0) from order_return y
                    where y.order_id = o.order_id) as returned_minor,
                   array(
                       select row_to_json(l) from (
                           select p.sku, p.name, i.quantity, i.unit_price_minor
                           from order_line i join product p using (product_id)
                           where i.order_id = o.order_id order by i.line) l) as lines,
                   (select count(*) from order_line i where i.order_id = o.order_id) as lines_total
            from "order" o where o.customer_id = $1
              and ($2::text is null or (o.ordered_at, o.order_id) < ($2::text::timestamptz, $3::bigint))
            order by o.ordered_at desc, o.order_id desc limit $4) r""",
    "contacts": """
        select row_to_json(r)::text as item, r.occurred_at::text as sorted_by, r.contact_id as id from (
            select k.contact_id, k.channel, k.direction, k.occurred_at, k.kind, k.is_open, k.closed_at,
                   k.subject, k.body, (select a.name from agent a where a.agent_id = k.agent_id) as handled_by
            from contact k where k.customer_id = $1
              and ($2::text is null or (k.occurred_at, k.contact_id) < ($2::text::timestamptz, $3::bigint))
            order by k.occurred_at desc, k.contact_id desc limit $4) r""",
    "notes": """
        select row_to_json(r)::text as item, r.created_at::text as sorted_by, r.note_id as id from (
            select t.note_id, t.kind, t.text, false as is_cut,
                   (select a.name from agent a where a.agent_id = t.agent_id) as author,
                   t.is_pinned, t.created_at, t.updated_at
            from karte_note t where t.customer_id = $1 and t.deleted_at is null
              and ($2::text is null or (t.created_at, t.note_id) < ($2::text::timestamptz, $3::bigint))
            order by t.created_at desc, t.note_id desc limit $4) r""",
    "products": """
        select row_to_json(r)::text as item, r.amount_minor::text as sorted_by, r.product_id as id from (
            select b.product_id, p.sku, p.name, b.times, b.quantity, b.amount_minor, b.first_at, b.last_at
            from customer_product b join product p using (product_id) where b.customer_id = $1
              and ($2::text is null or (b.amount_minor, -b.product_id) < ($2::text::bigint, -$3::bigint))
            order by b.amount_minor desc, b.product_id limit $4) r""",
}


class Pages:
    """Pages of history. Raises what is in ``storage.postgres.FAULTS``."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def read(self, customer_id: int, part: Part, before: str | None, limit: int) -> Page | None:
        """At most ``limit`` entries older than the position ``before``; None: there is no such customer.

        Raises: ValueError when ``before`` is no position that a page gave.
        """
        sorted_by, last_id = _position(before) if before is not None else (None, None)
        try:
            rows = await self._pool.fetch(_SQL[part], customer_id, sorted_by, last_id, limit + 1)
        except asyncpg.DataError as error:
            raise ValueError(_NO_POSITION) from error
        if not rows and not await self._pool.fetchval(
            "select exists (select from customer where customer_id = $1)", customer_id
        ):
            return None
        shown = rows[:limit]
        more = _cursor(shown[-1]["sorted_by"], shown[-1]["id"]) if len(rows) > limit else None
        return Page(b"[" + b",".join(row["item"].encode() for row in shown) + b"]", more)


def _cursor(sorted_by: str, last_id: int) -> str:
    return base64.urlsafe_b64encode(f"{sorted_by}\n{last_id}".encode()).decode()


def _position(cursor: str) -> tuple[str, int]:
    try:
        sorted_by, last_id = base64.urlsafe_b64decode(cursor.encode()).decode().split("\n")
        if len(sorted_by) > 40 or not 0 <= int(last_id) < 2**63:
            raise ValueError("too long")
        return sorted_by, int(last_id)
    except (ValueError, binascii.Error) as error:
        raise ValueError(_NO_POSITION) from error
