"""What a card shows is at most a second old: every table of it, the listener's connection cut or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import msgspec
import pytest
from redis.asyncio import Redis

from cti_bridge.clock import Clock
from cti_bridge.demo.known import HANAKO_SATO
from cti_bridge.derivation import Derivation
from cti_bridge.freshen import Freshener
from cti_bridge.lookup.cache import CardCache
from cti_bridge.lookup.card import Card
from cti_bridge.lookup.invalidate import follow_changes
from cti_bridge.lookup.outcome import Found
from cti_bridge.lookup.query import PostgresCards
from cti_bridge.lookup.resolve import Resolver
from cti_bridge.settings import Settings
from cti_bridge.storage.redis_line import RedisLine
from cti_bridge.telemetry import Telemetry
from tests.conftest import Database
from tests.lookup.stores import caller

pytestmark = pytest.mark.timeout(120)

FRESH_WITHIN_S = 1.0
CUT = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cti-bridge changes'"


@dataclass(frozen=True)
class Change:
    """A statement about customer $1, and what the card shows then."""

    table: str
    statement: str
    shows: Callable[[Card], bool]


# In this order: later ones build on what earlier ones wrote.
CHANGES = (
    Change(
        "customer",
        "update customer set name = '改名 花子' where customer_id = $1",
        lambda card: card.profile.name == "改名 花子",
    ),
    Change(
        "customer_number",
        "insert into customer_number values ($1, '+81399990000', 'work', '')",
        lambda card: any(one.e164 == "+81399990000" for one in card.profile.numbers),
    ),
    Change(
        "agent",
        """
        update agent set name = '新しい 名' where agent_id = (
            select dedicated_agent_id from customer where customer_id = $1)
        """,
        lambda card: card.profile.dedicated_agent_name == "新しい 名",
    ),
    Change(
        "caution",
        "insert into caution (customer_id, severity, text) values ($1, 'critical', '新しい注意')",
        lambda card: any(one.text == "新しい注意" for one in card.cautions),
    ),
    Change(
        "karte_note",
        "insert into karte_note (customer_id, text, is_pinned) values ($1, '新しいメモ', true)",
        lambda card: any(one.text == "新しいメモ" for one in card.notes),
    ),
    Change(
        "order",
        """
        insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)
        values ('NEW-1', $1, 'web', 'open', now(), 5000)
        """,
        lambda card: card.orders[0].number == "NEW-1",
    ),
    Change(
        "order_line",
        """
        insert into order_line select order_id, 1, product_id, 2, 2500
        from "order", product where number = 'NEW-1' and sku = 'GRD-001' and customer_id = $1
        """,
        lambda card: any(one.sku == "GRD-001" for one in card.orders[0].lines),
    ),
    Change(
        "payment",
        """
        insert into payment (order_id, external_id, paid_at, amount_minor)
        select order_id, 'P', now(), 4000 from "order" where number = 'NEW-1' and customer_id = $1
        """,
        lambda card: card.orders[0].paid_minor == 4000,
    ),
    Change(
        "order_return",
        """
        insert into order_return (order_id, external_id, returned_at, line, quantity, amount_minor)
        select order_id, 'R', now(), 1, 1, 2500 from "order" where number = 'NEW-1' and customer_id = $1
        """,
        lambda card: card.orders[0].returned_minor == 2500,
    ),
    Change(
        "contact",
        """
        insert into contact (customer_id, channel, direction, occurred_at, subject, kind, is_open)
        values ($1, 'chat', 'in', now(), '新しい苦情', 'complaint', true)
        """,
        lambda card: card.contacts[0].subject == "新しい苦情" and card.stop is not None,
    ),
    Change(
        "contact, closed",
        "update contact set is_open = false, closed_at = now() where customer_id = $1 and is_open",
        lambda card: card.stop is None and bool(card.suggestions),
    ),
    Change(
        "favourite",
        "insert into favourite (customer_id, product_id)"
        " select $1, product_id from product where sku = 'GRD-002'",
        lambda card: card.favourites[0].sku == "GRD-002",
    ),
    Change(
        "counselling_answer",
        """
        insert into counselling_answer (customer_id, question, answer) values ($1, 'tea_taste', '["green"]')
        """,
        lambda card: any(one.question == "tea_taste" for one in card.answers),
    ),
    Change(
        "product",
        "update product set name = '名を変えた品' where sku = 'GRD-001' and $1::bigint > 0",
        lambda card: any(line.name == "名を変えた品" for line in card.orders[0].lines),
    ),
    Change(
        "customer_segment",
        "update customer_segment set stage = 'trial' where customer_id = $1",
        lambda card: card.segment is not None and card.segment.stage == "trial",
    ),
    # What is derived comes after the change itself, through the queue of stale customers.
    Change(
        "segment, derived of an order",
        """
        insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)
        values ('NEW-2', $1, 'phone', 'open', now(), 777)
        """,
        lambda card: (
            card.orders[0].number == "NEW-2" and card.segment is not None and card.segment.stage != "trial"
        ),
    ),
    Change(
        "suggestions, derived of an outcome",
        """
        insert into suggestion_outcome (customer_id, product_id, outcome)
        select $1, product_id, 'declined' from product where sku = 'DECLINED' and $1::bigint > 0
        """,
        lambda card: "DECLINED" not in [one.sku for one in card.suggestions] and bool(card.suggestions),
    ),
    Change(
        "suggestion_model",
        "update suggestion_model set is_current = false where is_current and $1::bigint > 0",
        lambda card: not card.suggestions,
    ),
)


class House:
    """One bridge's way from a change to the card, without its sockets."""

    def __init__(self, database: Database, resolver: Resolver) -> None:
        self.database, self.resolver = database, resolver
        self.number = HANAKO_SATO.e164

    async def customer_id(self) -> int:
        found: int = await self.database.pool.fetchval(
            "select customer_id from customer_number where e164 = $1", self.number
        )
        return found

    async def card(self) -> Card:
        found = await self.resolver.resolve(caller(self.number))
        assert isinstance(found, Found)
        return msgspec.json.decode(found.card, type=Card)

    async def cut_listener(self) -> None:
        """End the listener's connection, once there is one again."""
        async with asyncio.timeout(10):
            while not await self.database.pool.fetchval(CUT):
                await asyncio.sleep(0.01)

    async def derived(self) -> None:
        """Wait until nothing is left to derive, which else would write over what a test writes."""
        async with asyncio.timeout(60):
            while await self.database.pool.fetchval("select exists (select from customer_stale)"):
                await asyncio.sleep(0.01)

    async def until(self, shows: Callable[[Card], bool], within_s: float) -> Card:
        """Ask as calls would, until a card shows it."""
        async with asyncio.timeout(within_s):
            while not shows(card := await self.card()):
                await asyncio.sleep(0.005)
        return card


@pytest.fixture
async def house(seeded_database: Database, valkey: Redis, redis_line: RedisLine) -> AsyncIterator[House]:
    pool = seeded_database.pool
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        resolver = Resolver(PostgresCards(pool), CardCache(redis_line, valkey), spawn=tasks.create_task)
        freshener = Freshener(pool, Derivation(Settings(), (), Clock()), Telemetry())
        began = asyncio.Event()

        async def roster_changed() -> None:
            began.set()

        following = tasks.create_task(
            follow_changes(
                seeded_database.url,
                resolver,
                on_cards_changed=lambda e164s: None,
                on_roster_changed=roster_changed,
                on_stale=freshener.wake,
            )
        )
        freshening = tasks.create_task(freshener.run())
        async with asyncio.timeout(10):
            await began.wait()
        yield House(seeded_database, resolver)
        following.cancel()
        freshening.cancel()


@pytest.mark.parametrize("is_cut", [False, True], ids=["listening", "cut"])
async def test_a_change_of_each_table_is_on_the_next_card_within_a_second(house: House, is_cut: bool) -> None:
    customer_id = await house.customer_id()
    # A first derivation of everything: the house was seeded without one.
    await house.database.pool.execute(
        "update customer set joined_on = joined_on - 1 where customer_id = $1", customer_id
    )
    await house.until(lambda card: card.segment is not None, 60)
    for change in CHANGES:
        await house.derived()
        before = await house.card()
        if "outcome" in change.table:
            first = before.suggestions[0].sku
            await house.database.pool.execute("update product set sku = 'DECLINED' where sku = $1", first)
            before = await house.until(lambda card: card.suggestions[0].sku == "DECLINED", 10)
        assert not change.shows(before), f"{change.table}: shown before"
        if is_cut:
            await house.cut_listener()
        done = await house.database.pool.execute(change.statement, customer_id)
        assert done.split()[-1] != "0", f"{change.table}: nothing was changed"
        try:
            await house.until(change.shows, FRESH_WITHIN_S)
        except TimeoutError:
            pytest.fail(f"{change.table}: not on the card after {FRESH_WITHIN_S} s")


async def test_a_thousand_misses_of_one_number_are_one_query(
    seeded_database: Database, valkey: Redis, redis_line: RedisLine
) -> None:
    asked = 0

    class Counted(PostgresCards):
        async def read(self, e164: str | None, customer_id: int | None = None) -> bytes | None:
            nonlocal asked
            asked += 1
            return await super().read(e164, customer_id)

    async with asyncio.TaskGroup() as tasks:
        resolver = Resolver(
            Counted(seeded_database.pool), CardCache(redis_line, valkey), spawn=tasks.create_task
        )
        found = await asyncio.gather(*(resolver.resolve(caller(HANAKO_SATO.e164)) for _ in range(1000)))
    assert asked == 1
    assert len(set(found)) == 1
    assert isinstance(found[0], Found)
