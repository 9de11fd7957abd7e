"""Erases a customer on request: everything that tells who it was; orders stay, as nobody's.

What the spool on the bridge's disk still holds of a call that just ended is
written within seconds, and may name the number once more: forget when the
customer is not on the telephone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

_TIMEOUT_S = 120.0
# Each takes the customer's id ($1) and the numbers that are the customer's alone ($2).
_STEPS: Mapping[str, str] = {
    # A record of a call keeps when it was and who spoke; the check wants a kind for a number that is gone.
    "calls": """
        update call set caller_e164 = null, caller_display = '', caller_name = '', caller_kind = 'unavailable'
        where caller_e164 = any($2)""",
    "calls out": """
        update call set dialled = '' where regexp_replace(dialled, '[^0-9]', '', 'g') = any(
            select unnest(array[substr(e164, 2), '0' || substr(e164, 4)]) from unnest($2::text[]) e164)""",
    "traces": """
        delete from call_trace t where exists (
            select from unnest($2::text[]) e164 where position(e164 in t.steps::text) > 0)
        or position((select name from customer where customer_id = $1) in t.steps::text) > 0""",
    "commands": """
        update command_log set target = '{}', detail = '' where exists (
            select from unnest($2::text[]) e164
            where position(
                substr(e164, 4) in regexp_replace(target::text || detail, '[^0-9]', '', 'g')) > 0)""",
    "notes": "delete from karte_note where customer_id = $1",
    "contacts": "delete from contact where customer_id = $1",
    # That a call was an order or a complaint tells of nobody once its number and customer are gone.
    "dispositions": """
        update call_disposition set customer_id = null, follow_up_on = null where customer_id = $1""",
    "earlier dispositions": """
        update call_disposition_revision set customer_id = null, follow_up_on = null
        where customer_id = $1""",
    "outcomes": "update suggestion_outcome set customer_id = null, call_id = '' where customer_id = $1",
    "returns": """
        update order_return set reason = '' where order_id in (
            select order_id from "order" where customer_id = $1)""",
    "stale": "delete from customer_stale where customer_id = $1",
    "choices": "delete from call_customer where customer_id = $1 or e164 = any($2)",
    "changes": "delete from card_change where e164s && $2",
}


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Rows erased or made nobody's, by what they were."""

    customer_id: int
    rows: Mapping[str, int]


async def forget(pool: asyncpg.Pool, code: str, by_whom: str = "") -> Forgotten | None:
    """Erase the customer of that code, in one transaction; None: there is none.

    Numbers that others use too stay theirs, and so do the calls from them.
    Who saw the card stays on record, by ids that name nobody any more.

    Raises: what is in ``storage.postgres.FAULTS``.
    """
    async with pool.acquire() as connection, connection.transaction():
        customer_id = await connection.fetchval(
            "select customer_id from customer where code = $1 for update", code
        )
        if customer_id is None:
            return None
        e164s = [
            row["e164"]
            for row in await connection.fetch(
                "select e164 from customer_number n where customer_id = $1 and not exists (select"
                " from customer_number o where o.e164 = n.e164 and o.customer_id <> n.customer_id)",
                customer_id,
            )
        ]
        rows: dict[str, int] = {}
        for what, sql in _STEPS.items():
            uses = [value for place, value in (("$1", customer_id), ("$2", e164s)) if place in sql]
            if "$1" not in sql:
                sql = sql.replace("$2", "$1")
            rows[what] = _count(await connection.execute(sql, *uses, timeout=_TIMEOUT_S))
        rows["orders"] = await connection.fetchval(
            'select count(*) from "order" where customer_id = $1', customer_id
        )
        # Numbers, cautions, favourites, answers, segments and suggestions go with the customer.
        await connection.execute(
            "delete from customer where customer_id = $1", customer_id, timeout=_TIMEOUT_S
        )
        # The triggers that told of it wrote the numbers down; everything counts as changed instead.
        await connection.execute("delete from card_change where e164s && $1", e164s)
        await connection.execute("insert into card_change (e164s) values (null)")
        await connection.execute("delete from customer_stale where customer_id = $1", customer_id)
        await connection.execute(
            "insert into erasure (customer_id, by_whom, deleted) values ($1, $2, $3::jsonb)",
            customer_id,
            by_whom,
            json.dumps(rows),
        )
    return Forgotten(customer_id, rows)


def _count(answer: str) -> int:
    return int(answer.rpartition(" ")[2])
