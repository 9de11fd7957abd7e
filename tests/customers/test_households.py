"""Who of a household calls (P3): open order, last to call, last purchase; what was said stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.customers.households import Households, PastCall
from cti_bridge.lookup.card import Card
from cti_bridge.lookup.query import PostgresCards
from tests.conftest import Database

HOME, OTHER = "+81312345678", "+81661234567"
ANNA, BERT = AgentId("anna"), AgentId("bert")


class House:
    """Four who share a telephone; the first has another one too."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.households = Households(pool)
        self.pool = pool
        self.now = datetime.now(UTC)  # one for all: what was so many days ago was so at the same moment

    async def order(self, customer_id: int, status: str, days_ago: int) -> None:
        await self.pool.execute(
            'insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)'
            " select 'N' || (count(*) + 1), $1, 'web', $2, $3, 1"
            ' from "order"',
            customer_id,
            status,
            self.now - timedelta(days=days_ago),
        )

    async def contact(self, customer_id: int, channel: str, days_ago: int) -> None:
        await self.pool.execute(
            "insert into contact (customer_id, channel, direction, occurred_at) values ($1, $2, 'in', $3)",
            customer_id,
            channel,
            self.now - timedelta(days=days_ago),
        )

    async def choose(self, call_id: str, customer_id: int | None, e164: str | None = HOME) -> str:
        return await self.households.choose(CallId(call_id), e164, customer_id, ANNA)

    async def ranked(self, e164: str = HOME) -> list[int]:
        """Everybody on the card of a number, the one it shows first."""
        raw = await PostgresCards(self.pool).read(e164)
        assert raw is not None
        card = msgspec.json.decode(raw, type=Card)
        return [card.profile.customer_id, *(one.customer_id for one in card.sharers)]

    async def choices(self) -> list[tuple[object, ...]]:
        rows = await self.pool.fetch(
            "select call_id, e164, customer_id, chosen_by from call_customer order by 1"
        )
        return [tuple(row) for row in rows]


@pytest.fixture
async def house(database: Database) -> House:
    await database.pool.execute(
        "insert into customer (code, name) select 'C' || n, '架空 ' || n from generate_series(1, 4) n"
    )
    await database.pool.execute(
        "insert into customer_number (customer_id, e164) select n, $1 from generate_series(1, 4) n", HOME
    )
    await database.pool.execute("insert into customer_number (customer_id, e164) values (1, $1)", OTHER)
    return House(database.pool)


async def test_who_is_alike_in_all_stands_by_age_of_the_record(house: House) -> None:
    assert await house.ranked() == [1, 2, 3, 4]
    assert await house.ranked(OTHER) == [1]


@pytest.mark.parametrize("status", ["open", "paid", "shipped"])
async def test_an_order_under_way_counts_before_all_else(house: House, status: str) -> None:
    await house.contact(2, "call", 1)
    await house.order(3, "delivered", 1)
    await house.order(4, status, 300)
    assert await house.ranked() == [4, 2, 3, 1]


@pytest.mark.parametrize("status", ["delivered", "cancelled", "returned"])
async def test_an_order_that_is_over_is_a_purchase_only(house: House, status: str) -> None:
    await house.contact(2, "call", 300)
    await house.order(4, status, 1)
    assert await house.ranked() == [2, 4, 1, 3]


async def test_who_was_last_on_the_telephone_counts_before_who_bought_last(house: House) -> None:
    await house.contact(2, "call", 30)
    await house.contact(3, "call", 20)
    await house.contact(4, "email", 1)
    await house.order(1, "delivered", 1)
    assert await house.ranked() == [3, 2, 1, 4]


async def test_of_those_who_never_called_the_last_purchase_counts(house: House) -> None:
    await house.order(2, "delivered", 30)
    await house.order(4, "delivered", 10)
    await house.order(2, "delivered", 20)
    assert await house.ranked() == [4, 2, 1, 3]


PEOPLE = st.lists(
    st.tuples(
        st.booleans(), st.one_of(st.none(), st.integers(1, 9)), st.one_of(st.none(), st.integers(1, 9))
    ),
    min_size=4,
    max_size=4,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PEOPLE, st.sampled_from([None, 1, 2, 3, 4]))
async def test_the_order_is_that_of_the_signs_one_after_another(
    house: House, people: list[tuple[bool, int | None, int | None]], chosen: int | None
) -> None:
    await house.pool.execute('delete from "order"')
    await house.pool.execute("delete from contact")
    await house.pool.execute("delete from call_customer")
    for customer_id, (has_open, called_days, ordered_days) in enumerate(people, 1):
        if called_days is not None:
            await house.contact(customer_id, "call", called_days)
        if ordered_days is not None:
            await house.order(customer_id, "delivered", ordered_days)
        if has_open:
            await house.order(customer_id, "open", 100)
    if chosen is not None:
        await house.choose("c", chosen)

    def place(customer_id: int) -> tuple[object, ...]:
        has_open, called_days, ordered_days = people[customer_id - 1]
        bought_days = ordered_days or (100 if has_open else 999)
        return (customer_id != chosen, not has_open, called_days or 999, bought_days, customer_id)

    found = [place(one) for one in await house.ranked()]
    assert len(set(await house.ranked())) == 4
    assert found == sorted(found)


async def test_whom_an_agent_chose_comes_first_the_next_time(house: House) -> None:
    await house.order(2, "open", 1)
    assert await house.choose("c1", 4) == "saved"
    assert await house.ranked() == [4, 2, 1, 3]
    assert await house.choices() == [("c1", HOME, 4, "anna")]


async def test_the_last_choice_counts_of_one_call_and_of_several(house: House) -> None:
    await house.choose("c1", 4)
    await house.choose("c2", 3)
    assert (await house.ranked())[0] == 3
    assert await house.households.choose(CallId("c1"), HOME, 2, BERT) == "saved"
    assert await house.choices() == [("c1", HOME, 2, "bert"), ("c2", HOME, 3, "anna")]
    assert (await house.ranked())[0] == 2


async def test_a_choice_taken_back_is_as_if_never_made(house: House) -> None:
    await house.choose("c1", 3)
    await house.choose("c2", 4)
    await house.households.take_back(CallId("c2"))
    assert (await house.ranked())[0] == 3
    await house.households.take_back(CallId("c1"))
    await house.households.take_back(CallId("c1"))
    assert await house.ranked() == [1, 2, 3, 4]
    assert await house.choices() == []


async def test_after_none_of_them_who_called_from_it_before_counts_as_a_sign_again(house: House) -> None:
    await house.order(2, "open", 1)
    await house.contact(3, "call", 1)
    await house.choose("c1", 4)
    assert await house.choose("c2", None) == "saved"
    assert await house.choices() == [("c1", HOME, 4, "anna"), ("c2", HOME, None, "anna")]
    assert await house.ranked() == [2, 4, 3, 1]


async def test_a_choice_ranks_on_its_own_number_alone(house: House) -> None:
    await house.pool.execute("insert into customer_number (customer_id, e164) values (4, $1)", OTHER)
    await house.choose("c1", 4, OTHER)
    assert (await house.ranked())[0] == 1
    assert (await house.ranked(OTHER))[0] == 4
    assert await house.choose("c2", 3, None) == "saved"
    assert (await house.ranked())[0] == 1, "a call without a number says nothing of one"


async def test_who_no_longer_has_the_number_is_not_brought_back_by_a_choice(house: House) -> None:
    await house.choose("c1", 4)
    await house.pool.execute("delete from customer_number where customer_id = 4")
    assert await house.ranked() == [1, 2, 3]


async def test_nobody_cannot_be_chosen(house: House) -> None:
    await house.choose("c1", 4)
    assert await house.choose("c1", 99) == "no_such_customer"
    assert await house.choices() == [("c1", HOME, 4, "anna")]


async def test_a_past_call_is_told_to_who_it_rang_at_alone(house: House) -> None:
    await house.pool.execute(
        """
        insert into call (call_id, pbx, direction, caller_kind, caller_e164, started_at, run, revision)
            values ('c1', 'main', 'inbound', 'number', '+81312345678', now(), 1, 1),
                   ('c2', 'main', 'inbound', 'private', null, now(), 1, 1);
        insert into call_stint (offer_id, call_id, agent_id, endpoint, rang_at)
            values ('o1', 'c1', 'anna', 'PJSIP/1', now()), ('o2', 'c2', 'anna', 'PJSIP/1', now());
        """
    )
    past_call = house.households.past_call
    assert await past_call(CallId("c1"), ANNA) == PastCall(HOME)
    assert await past_call(CallId("c2"), ANNA) == PastCall(None)
    assert await past_call(CallId("c1"), BERT) is None
    assert await past_call(CallId("c3"), ANNA) is None
