from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import asyncpg
import pytest

from cti_bridge.clock import Clock, as_utc
from cti_bridge.records import retention
from cti_bridge.records.retention import delete_old, periods_of, retain
from cti_bridge.records.step_rows import write_steps
from cti_bridge.settings import RetentionSettings, Settings
from cti_bridge.storage import postgres
from tests.conftest import Database
from tests.loopback import free_port

NOW_S = 1_775_600_000.0
HOUR_S = 3600
DAY = timedelta(hours=24)


async def write(pool: asyncpg.Pool, **hours_ago: float) -> None:
    payloads = [
        json.dumps({"call_id": call_id, "recorded_at": NOW_S - ago * HOUR_S, "steps": [ago]}).encode()
        for call_id, ago in hours_ago.items()
    ]
    async with pool.acquire() as connection, connection.transaction():
        await write_steps(connection, payloads)


async def kept(pool: asyncpg.Pool) -> dict[str, list[float]]:
    return {row[0]: json.loads(row[1]) for row in await pool.fetch("select call_id, steps from call_trace")}


async def test_the_latest_steps_of_a_call_stay(database: Database) -> None:
    await write(database.pool, a=5, b=5)
    await write(database.pool, a=7, b=3)
    assert await kept(database.pool) == {"a": [5], "b": [3]}
    await write(database.pool, a=5, b=3)
    assert await kept(database.pool) == {"a": [5], "b": [3]}
    row = await database.pool.fetchval("select recorded_at from call_trace where call_id = 'b'")
    assert row == as_utc(NOW_S - 3 * HOUR_S)


async def test_old_traces_go_in_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH_ROWS", 3)
    await write(database.pool, **{f"old-{n}": 24.1 + n for n in range(9)}, fresh=23.9, edge=24)
    assert await delete_old(database.pool, "traces", DAY, NOW_S) == 9
    assert set(await kept(database.pool)) == {"fresh", "edge"}
    assert await delete_old(database.pool, "traces", DAY, NOW_S) == 0


async def test_it_deletes_at_the_start_and_every_hour(database: Database) -> None:
    now_s, looked = NOW_S, asyncio.Event()

    def now() -> float:
        looked.set()
        return now_s

    await write(database.pool, a=25, b=24.5)
    keeping = asyncio.create_task(retain(database.pool, {"traces": DAY}, Clock(now_s=now), every_s=0.001))
    async with asyncio.timeout(30):
        for _ in range(2):
            looked.clear()
            await looked.wait()
    assert await kept(database.pool) == {}
    keeping.cancel()


async def test_it_waits_for_postgresql() -> None:
    looks, often = 0, asyncio.Event()

    def now() -> float:
        nonlocal looks
        looks += 1
        if looks == 3:
            often.set()
        return NOW_S

    pool = await postgres.create_pool(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    keeping = asyncio.create_task(retain(pool, {"traces": DAY}, Clock(now_s=now), every_s=0.001))
    async with asyncio.timeout(30):
        await often.wait()
    keeping.cancel()
    pool.terminate()


async def test_each_kind_goes_when_its_time_is_over(database: Database) -> None:
    pool = database.pool
    await pool.execute("insert into customer (code, name) values ('A', 'x')")
    await pool.execute("insert into product (sku, name, category, price_minor) values ('S', 'x', 'x', 1)")
    for age, tag in ((9, "new"), (11, "old")):
        at = as_utc(NOW_S) - timedelta(days=age)
        for sql in (
            "insert into call"
            " (call_id, pbx, direction, caller_kind, started_at, ended_at, outcome, run, revision)"
            " values ($2, 'm', 'inbound', 'private', $1, $1, 'completed', 1, 1)",
            "insert into contact (customer_id, channel, direction, occurred_at, subject)"
            " values (1, 'call', 'in', $1, $2)",
            "insert into karte_note (customer_id, text, created_at) values (1, $2, $1)",
            'insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)'
            " values ($2, 1, 'web', 'open', $1, 1)",
            "insert into suggestion_outcome (customer_id, product_id, outcome, at, call_id)"
            " values (1, 1, 'declined', $1, $2)",
            "insert into card_view (view_key, at, agent_id, customer_id, reason)"
            " values ($2, $1, 'a', 1, 'call')",
            "insert into command_log (agent_id, kind, outcome, at, detail) values ('a', 'x', 'x', $1, $2)",
        ):
            await pool.execute(sql, at, tag)
    days = dict.fromkeys(
        ("calls", "contacts", "notes", "orders", "outcomes", "card_views", "commands"), timedelta(days=10)
    )
    for kind, period in days.items():
        assert await delete_old(pool, kind, period, NOW_S) == 1, kind
        assert await delete_old(pool, kind, period, NOW_S) == 0, kind


async def test_changes_are_kept_for_a_day(database: Database) -> None:
    await database.pool.execute("truncate card_change")
    await database.pool.execute(
        "insert into card_change (e164s, at) values ('{+81}', $1), ('{+82}', $2)",
        as_utc(NOW_S) - timedelta(hours=25),
        as_utc(NOW_S) - timedelta(hours=23),
    )
    assert await delete_old(database.pool, "changes", periods_of(Settings())["changes"], NOW_S) == 1
    assert await database.pool.fetchval("select e164s[1] from card_change") == "+82"


def test_what_is_kept_for_good_is_never_looked_for() -> None:
    settings = Settings(retention=RetentionSettings(calls_days=0, card_views_days=5, commands_days=0))
    assert set(periods_of(settings)) == {"traces", "changes", "card_views", "proxy_logins"}
