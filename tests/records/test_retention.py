from __future__ import annotations

import asyncio
import json

import asyncpg
import pytest

from cti_bridge.clock import Clock, as_utc
from cti_bridge.records import retention
from cti_bridge.records.retention import delete_old_traces, retain
from cti_bridge.records.step_rows import write_steps
from cti_bridge.storage import postgres
from tests.conftest import Database
from tests.loopback import free_port

NOW_S = 1_775_600_000.0
HOUR_S = 3600


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
    assert await delete_old_traces(database.pool, 24, NOW_S) == 9
    assert set(await kept(database.pool)) == {"fresh", "edge"}
    assert await delete_old_traces(database.pool, 24, NOW_S) == 0


async def test_it_deletes_at_the_start_and_every_hour(database: Database) -> None:
    now_s, looked = NOW_S, asyncio.Event()

    def now() -> float:
        looked.set()
        return now_s

    await write(database.pool, a=25, b=24.5)
    keeping = asyncio.create_task(retain(database.pool, 24, Clock(now_s=now), every_s=0.001))
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
    keeping = asyncio.create_task(retain(pool, 24, Clock(now_s=now), every_s=0.001))
    async with asyncio.timeout(30):
        await often.wait()
    keeping.cancel()
    pool.terminate()
