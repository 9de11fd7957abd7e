"""Heavy work in a process of its own: it does what it is told, says why it cannot, and ends when told to."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cti_bridge.errors import Refused
from cti_bridge.night_shift import do_apart
from cti_bridge.settings import CounsellingSettings, PbxSettings, Settings
from tests.conftest import Database


async def test_segments_and_suggestions_are_computed_apart(seeded_database: Database) -> None:
    settings = Settings(
        pbx=(PbxSettings(name="main", secret="hush"),),
        counselling=CounsellingSettings(file=Path("config/counselling.toml")),
    )
    pool = seeded_database.pool
    before = await pool.fetchval("select model_id from suggestion_model where is_current")
    assert "customers=5000" in await do_apart("segments", seeded_database.url, settings)
    assert await pool.fetchval("select count(*) from customer_segment") == 5000
    assert "customers=5000" in await do_apart("suggestions", seeded_database.url, settings)
    assert await pool.fetchval("select model_id from suggestion_model where is_current") > before


async def test_why_it_failed_is_said(database: Database) -> None:
    broken = Settings(counselling=CounsellingSettings(file=Path("no/such/file.toml")))
    with pytest.raises(Refused, match=r"suggestions: .*no/such/file\.toml"):
        await do_apart("suggestions", database.url, broken)
    with pytest.raises(Refused, match=r"segments: storage\.postgres_url"):
        await do_apart("segments", "postgresql://nobody@127.0.0.1:1/none", Settings())


async def test_it_ends_with_who_asked_for_it(seeded_database: Database) -> None:
    pool = seeded_database.pool
    async with pool.acquire() as holder, holder.transaction():
        await holder.execute("lock table customer_segment")  # it must wait, and so cannot be over first
        asked = asyncio.create_task(do_apart("segments", seeded_database.url, Settings()))
        waiting = (
            "select count(*) from pg_locks where not granted and relation = 'customer_segment'::regclass"
        )
        async with asyncio.timeout(20):
            while not await holder.fetchval(waiting):
                await asyncio.sleep(0.01)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        # Its process is gone, and so are its connections, once the server has noticed.
    async with asyncio.timeout(10):
        while await pool.fetchval(
            "select count(*) from pg_stat_activity where query ilike '%customer_segment%'"
            " and state <> 'idle' and pid <> pg_backend_pid() and datname = current_database()"
        ):
            await asyncio.sleep(0.01)
    assert await pool.fetchval("select count(*) from customer_segment") == 0
