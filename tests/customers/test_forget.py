"""Erasure on request (O4): nothing anywhere tells who it was, and the orders stay as nobody's."""

# ruff: noqa: E501 - each row of the house on one line
from __future__ import annotations

import asyncio

import asyncpg
import pytest
from redis.asyncio import Redis

from cti_bridge.customers.forget import forget
from cti_bridge.lookup.cache import CardCache
from cti_bridge.lookup.invalidate import follow_changes
from cti_bridge.lookup.query import PostgresCards
from cti_bridge.lookup.resolve import Resolver
from cti_bridge.segments.store import read_rules, recompute
from cti_bridge.settings import Settings
from cti_bridge.storage.redis_line import RedisLine
from tests.conftest import SEEDED_NOW, Database
from tests.lookup.stores import caller

OWN, SHARED = "+819077665544", "+81377665544"
TRACES = (
    "忘却 太郎",
    "ボウキャク タロウ",
    OWN,
    "9077665544",
    "東京都忘却町7-7",
    "taro@forget.example",
    "猫の名はワスレ",
    "苦情の本文ワスレ",
)


@pytest.fixture
async def house(database: Database) -> asyncpg.Pool:
    pool = database.pool
    await pool.execute(
        """
        insert into agent (agent_id, login, name, role) values ('a1', '1', '担当', 'agent');
        insert into product (sku, name, category, price_minor) values ('S1', '茶', '茶', 1);
        insert into customer (code, name, reading, address, email, postcode)
            values ('T1', '忘却 太郎', 'ボウキャク タロウ', '東京都忘却町7-7', 'taro@forget.example', '154-0000'),
                   ('C2', '鈴木', 'スズキ', '', '', '');
        insert into customer_number values (1, '+819077665544', 'mobile', '090-7766-5544'),
            (1, '+81377665544', 'home', '03-7766-5544'), (2, '+81377665544', 'home', '03-7766-5544');
        insert into customer_identifier values ('shop', 'forget-taro', 1);
        insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)
            values ('N1', 1, 'web', 'delivered', now(), 500), ('N2', 2, 'web', 'delivered', now(), 500);
        insert into order_line values (1, 1, 1, 1, 500), (2, 1, 1, 1, 500);
        insert into order_return (order_id, external_id, returned_at, amount_minor, reason)
            values (1, 'r', now(), 1, '忘却 太郎様より');
        insert into contact (customer_id, channel, direction, occurred_at, subject, body)
            values (1, 'email', 'in', now(), '忘却 太郎', '苦情の本文ワスレ');
        insert into karte_note (customer_id, text) values (1, '猫の名はワスレ');
        insert into karte_revision (note_id, revision, text, kind, is_pinned) values (1, 1, '猫の名はワスレ', 'note', false);
        insert into caution (customer_id, severity, text) values (1, 'notice', '忘却 太郎様は耳が遠い');
        insert into favourite values (1, 1);
        insert into counselling_answer (customer_id, question, answer) values (1, 'q', '"猫の名はワスレ"');
        insert into suggestion_outcome (customer_id, product_id, outcome, call_id) values (1, 1, 'accepted', 'c1');
        insert into call_customer (call_id, e164, customer_id, chosen_by) values ('c1', '+819077665544', 1, 'a1');
        insert into call (call_id, pbx, direction, caller_kind, caller_e164, caller_display, caller_name, started_at,
                          ended_at, outcome, run, revision, dialled)
            values ('c1', 'm', 'inbound', 'number', '+819077665544', '090-7766-5544', '忘却 太郎', now(), now(), 'completed', 1, 1, ''),
                   ('c2', 'm', 'inbound', 'number', '+81377665544', '03-7766-5544', '', now(), now(), 'completed', 1, 1, ''),
                   ('c3', 'm', 'outbound', 'extension', null, '1001', '', now(), now(), 'completed', 1, 1, '090-7766-5544');
        insert into call_trace values ('c1', now(), '[{"number": "+819077665544", "customer": "忘却 太郎"}]');
        insert into command_log (agent_id, kind, outcome, target) values ('a1', 'originate', 'done', '{"number": "09077665544"}');
        insert into card_view (view_key, at, agent_id, customer_id, reason) values ('k', now(), 'a1', 1, 'call');
        """
    )
    async with pool.acquire() as connection, connection.transaction():
        await recompute(connection, [1, 2], await read_rules(connection, Settings()), SEEDED_NOW)
    return pool


async def everything(pool: asyncpg.Pool) -> str:
    """Every text of every table."""
    tables = await pool.fetch("select tablename from pg_tables where schemaname = 'public'")
    found = []
    for (table,) in tables:
        found += [row[0] for row in await pool.fetch(f'select t::text from "{table}" t')]
    return "\n".join(found)


async def test_nothing_tells_who_it_was_and_the_orders_stay(house: asyncpg.Pool) -> None:
    before = await everything(house)
    assert all(trace in before for trace in TRACES)
    done = await forget(house, "T1", "tester")
    assert done is not None
    assert done.rows["orders"] == 1
    after = await everything(house)
    assert [trace for trace in TRACES if trace in after] == []
    assert "forget-taro" not in after
    orders = await house.fetch('select number, customer_id, total_minor from "order" order by 1')
    assert [tuple(row) for row in orders] == [("N1", None, 500), ("N2", 2, 500)]
    assert await house.fetchval("select count(*) from order_line") == 2
    assert await house.fetchval("select customer_id from suggestion_outcome") is None
    calls = await house.fetch("select call_id, caller_kind, caller_e164 from call order by 1")
    assert [tuple(row) for row in calls] == [
        ("c1", "unavailable", None),
        ("c2", "number", SHARED),
        ("c3", "extension", None),
    ]
    assert await house.fetchval("select by_whom from erasure") == "tester"
    assert await house.fetchval("select count(*) from card_view") == 1


async def test_who_is_not_there_cannot_be_forgotten(house: asyncpg.Pool) -> None:
    assert await forget(house, "T9") is None
    assert await house.fetchval("select count(*) from erasure") == 0


async def test_the_card_is_gone_from_the_cache_at_once(
    house: asyncpg.Pool, database: Database, valkey: Redis, redis_line: RedisLine
) -> None:
    heard: asyncio.Queue[object] = asyncio.Queue()

    async def roster() -> None:
        pass

    async with asyncio.TaskGroup() as tasks:
        resolver = Resolver(PostgresCards(house), CardCache(redis_line, valkey), spawn=tasks.create_task)
        follower = tasks.create_task(
            follow_changes(
                database.url, resolver, on_cards_changed=heard.put_nowait, on_roster_changed=roster
            )
        )
        async with asyncio.timeout(10):
            assert await heard.get() is None
            await resolver.resolve(caller(OWN))
            while not await valkey.exists("card:" + OWN):
                await asyncio.sleep(0)
            await forget(house, "T1")
            await heard.get()
            held = await valkey.get("card:" + OWN)
        assert held in (None, b"-")
        follower.cancel()
