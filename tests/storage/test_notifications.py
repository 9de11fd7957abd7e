"""What the triggers tell: every table a card shows, old and new numbers, "all" past 4,000."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.conftest import Database

ANNA, BERT = "+81311111111", "+81322222222"
MOBILE = "+819011111111"

PEOPLE = f"""
    insert into agent (agent_id, login, name, role) values ('a1', '1', '担当', 'agent');
    insert into product (sku, name, category, price_minor)
        values ('S1', '茶', '茶', 100), ('S2', '菓子', '菓子', 200);
    insert into customer (code, name) values ('A', 'Anna'), ('B', 'Bert');
    insert into customer_number (customer_id, e164)
        values (1, '{ANNA}'), (1, '{MOBILE}'), (2, '{BERT}');
    insert into caution (customer_id, severity, text) values (1, 'notice', 'x');
    insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)
        values ('O1', 1, 'web', 'open', now(), 100);
    insert into order_line values (1, 1, 1, 1, 100);
    insert into contact (customer_id, channel, direction, occurred_at) values (1, 'call', 'in', now());
    insert into karte_note (customer_id, text) values (1, 'x');
    insert into favourite values (1, 1);
    insert into suggestion_model (kind, is_current) values ('x', true);
    insert into payment (order_id, external_id, paid_at, amount_minor) values (1, 'P', now(), 1);
    insert into order_return (order_id, external_id, returned_at, amount_minor) values (1, 'R', now(), 1);
    insert into counselling_answer (customer_id, question, answer) values (1, 'pets', '["cat"]');
    insert into customer_segment (customer_id, stage) values (1, 'main');
    insert into suggestion_outcome (customer_id, product_id, outcome) values (1, 1, 'offered');
"""


class Ear:
    """Does something, and says what was told because of it."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.told: list[tuple[str, str]] = []
        self.end = asyncio.Event()

    async def open(self) -> None:
        for channel in ("card_changed", "roster_changed"):
            await self.connection.add_listener(channel, self.take)
        await self.connection.add_listener("end", self.take)

    def take(self, _connection: object, _pid: int, channel: str, payload: str) -> None:
        if channel == "end":
            self.end.set()
        else:
            self.told.append((channel, payload))

    async def hear(self, statement: str) -> list[tuple[str, str]]:
        self.told.clear()
        self.end.clear()
        await self.connection.execute(statement)
        await self.connection.execute('notify "end"')
        async with asyncio.timeout(10):
            await self.end.wait()
        return list(self.told)

    async def cards(self, statement: str) -> set[str] | str:
        """The numbers told, or "all"."""
        numbers: set[str] = set()
        for channel, payload in await self.hear(statement):
            if channel == "card_changed":
                told = json.loads(payload)
                if told == {"all": True}:
                    return "all"
                assert list(told) == ["e164"]
                numbers |= set(told["e164"])
        return numbers


@pytest.fixture
async def ear(database: Database) -> AsyncIterator[Ear]:
    connection = await asyncpg.connect(database.url)
    await connection.execute(PEOPLE)
    ear = Ear(connection)
    await ear.open()
    yield ear
    connection.terminate()


@pytest.mark.parametrize(
    "statement",
    [
        "update customer set name = 'x' where code = 'A'",
        "insert into caution (customer_id, severity, text) values (1, 'notice', 'y')",
        "update caution set ended_at = now()",
        "delete from caution",
        'insert into "order" (number, customer_id, channel, status, ordered_at, total_minor) '
        "values ('O2', 1, 'web', 'open', now(), 1)",
        "update \"order\" set status = 'paid'",
        'delete from "order"',
        "insert into order_line values (1, 2, 2, 1, 100)",
        "update order_line set quantity = 2",
        "delete from order_line",
        "insert into contact (customer_id, channel, direction, occurred_at) values (1, 'call', 'in', now())",
        "update contact set subject = 'x'",
        "delete from contact",
        "insert into karte_note (customer_id, text) values (1, 'y')",
        "update karte_note set is_pinned = true",
        "delete from karte_note",
        "insert into favourite values (1, 2)",
        "update favourite set added_at = now()",
        "delete from favourite",
        "insert into payment (order_id, external_id, paid_at, amount_minor) values (1, 'Q', now(), 1)",
        "update payment set amount_minor = 2",
        "delete from payment",
        "insert into order_return (order_id, external_id, returned_at, amount_minor)"
        " values (1, 'S', now(), 1)",
        "update order_return set reason = 'x'",
        "delete from order_return",
        "insert into counselling_answer (customer_id, question, answer) values (1, 'gifts', 'true')",
        "update counselling_answer set answer = '[]'",
        "delete from counselling_answer",
        "update customer_segment set stage = 'trial'",
        "delete from customer_segment",
        "insert into contact (customer_id, channel, direction, occurred_at)"
        " values (1, 'shop_visit', 'in', now())",
        "update contact set is_open = true, kind = 'complaint'",
        "update customer set is_excluded = true where code = 'A'",
    ],
)
async def test_a_change_tells_every_number_of_the_customer(ear: Ear, statement: str) -> None:
    assert await ear.cards(statement) == {ANNA, MOBILE}


async def test_a_deleted_customer_is_told(ear: Ear) -> None:
    assert await ear.cards("delete from customer where code = 'A'") == {ANNA, MOBILE}


async def test_a_number_gone_or_new_tells_the_others_too(ear: Ear) -> None:
    new = "+81333333333"
    assert await ear.cards(f"insert into customer_number values (1, '{new}')") == {ANNA, MOBILE, new}
    moved = f"update customer_number set e164 = '+81344444444' where e164 = '{new}'"
    assert await ear.cards(moved) == {ANNA, MOBILE, new, "+81344444444"}
    assert await ear.cards("delete from customer_number where e164 = '+81344444444'") == {
        ANNA,
        MOBILE,
        "+81344444444",
    }


async def test_a_row_moved_to_another_customer_tells_both(ear: Ear) -> None:
    assert await ear.cards("update karte_note set customer_id = 2") == {ANNA, MOBILE, BERT}


@pytest.mark.parametrize(
    "statement",
    [
        "update product set price_minor = 1 where sku = 'S1'",
        "update product set is_in_stock = false where sku = 'S2'",
        "delete from product where sku = 'S2'",
        "update product set is_active = false where sku = 'S1'",
        "update product set name = 'x' where sku = 'S1'",
        "update agent set name = 'x'",
        "insert into suggestion_model (kind) values ('y'); update suggestion_model set is_current = false; "
        "update suggestion_model set is_current = true where kind = 'y'",
        "truncate caution",
        "truncate counselling_answer",
    ],
)
async def test_what_is_on_many_cards_tells_all(ear: Ear, statement: str) -> None:
    assert await ear.cards(statement) == "all"


@pytest.mark.parametrize(
    "statement",
    [
        "insert into product (sku, name, category, price_minor) values ('S3', 'x', 'x', 1)",
        "insert into agent (agent_id, login, name, role) values ('a2', '2', 'x', 'agent')",
        "update agent set language = 'en'",
        "insert into customer_identifier values ('shop', 'u-1', 1)",
        "insert into suggestion_outcome (customer_id, product_id, outcome) values (1, 1, 'declined')",
        "insert into card_view (view_key, at, agent_id, customer_id, reason)"
        " values ('k', now(), 'a1', 1, 'call')",
        "insert into suggestion_model (kind) values ('y')",
        "delete from suggestion_model where not is_current",
        "update customer set name = 'x' where code = 'nobody'",
        "begin; update customer set name = 'y'; rollback",
    ],
)
async def test_what_is_on_no_card_tells_nothing(ear: Ear, statement: str) -> None:
    assert await ear.cards(statement) == set()


@pytest.mark.parametrize(("count", "told"), [(400, 400), (4000, 4000), (4001, "all")])
async def test_past_four_thousand_numbers_it_is_all(ear: Ear, count: int, told: int | str) -> None:
    await ear.connection.execute(
        f"insert into customer (code, name) select 'C' || n, 'x' from generate_series(1, {count}) n"
    )
    answer = await ear.cards(
        "insert into customer_number (customer_id, e164) "
        "select customer_id, '+8170' || (10000000 + customer_id) from customer where code like 'C%'"
    )
    assert answer == "all" if told == "all" else len(answer) == told


async def test_a_payload_fits(ear: Ear) -> None:
    await ear.connection.execute("delete from customer_number")
    told = await ear.hear(
        "insert into customer_number (customer_id, e164) "
        "select 1, '+' || (100000000000000 + n) from generate_series(1, 900) n"
    )
    assert [len(json.loads(payload)["e164"]) for _, payload in told] == [400, 400, 100]
    assert max(len(payload) for _, payload in told) < 8000


@pytest.mark.parametrize(
    "statement",
    [
        "update agent set language = 'en'",
        "insert into agent (agent_id, login, name, role) values ('a2', '2', 'x', 'agent')",
        "delete from agent",
        "insert into agent_endpoint values ('pbx', 'PJSIP/1', 'a1')",
        "truncate agent_endpoint",
    ],
)
async def test_roster_changes_are_told(ear: Ear, statement: str) -> None:
    assert ("roster_changed", "") in await ear.hear(statement)


async def test_nothing_else_touches_the_roster(ear: Ear) -> None:
    assert ("roster_changed", "") not in await ear.hear("update customer set name = 'x'")
