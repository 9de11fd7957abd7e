"""The second migration: on a database with the first and data in it, and what its triggers do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

import cti_bridge.storage
from cti_bridge.storage.migrate import migrate
from tests.conftest import Database, run_on_server, url_of

FIRST = Path(cti_bridge.storage.__file__).parent / "migrations" / "versions" / "0001_first.sql"


@pytest.fixture
async def old_url(postgres_url: str) -> AsyncIterator[str]:
    """A database as the first version of the bridge left it, with an agent at work."""
    await run_on_server(postgres_url, "create database of_before")
    url = url_of(postgres_url, "of_before")
    connection = await asyncpg.connect(url)
    await connection.execute(FIRST.read_text())
    await connection.execute("""
        create table alembic_version (version_num varchar(32) primary key);
        insert into alembic_version values ('0001');
        insert into agent (agent_id, login, name, role) values ('a1', '1', '担当', 'agent');
        insert into agent_endpoint values ('main', 'PJSIP/1001', 'a1');
        insert into customer (code, name) values ('A', 'Anna');
        insert into contact (customer_id, channel, direction, occurred_at, agent_id)
            values (1, 'call', 'in', now(), 'a1');
    """)
    await connection.close()
    yield url
    await run_on_server(postgres_url, "drop database of_before with (force)")


async def test_an_old_database_with_data_is_brought_up_to_date(old_url: str) -> None:
    applied = await migrate(old_url)
    assert applied[0] == "0002"
    connection = await asyncpg.connect(old_url)
    seat = await connection.fetchrow("select * from agent_endpoint")
    assert dict(seat) == {"pbx": "main", "endpoint": "PJSIP/1001", "agent_id": "a1", "is_hot": False}
    assert await connection.fetchval("select agent_id from contact") == "a1"
    assert await connection.fetchval("select count(*) from call") == 0
    await connection.close()
    assert await migrate(old_url) == []


AGENT = "insert into agent (agent_id, login, name, role) values ('a1', '1', '担当', 'agent')"


async def test_only_a_hot_telephone_may_have_nobody(database: Database) -> None:
    await database.pool.execute("insert into agent_endpoint values ('main', 'PJSIP/1', null, true)")
    with pytest.raises(asyncpg.CheckViolationError):
        await database.pool.execute("insert into agent_endpoint values ('main', 'PJSIP/2', null)")


async def test_a_hot_telephone_stays_when_its_agent_goes(database: Database) -> None:
    await database.pool.execute(AGENT)
    await database.pool.execute("""
        insert into agent_endpoint values ('main', 'PJSIP/1', 'a1', true), ('main', 'PJSIP/2', 'a1', false)
    """)
    await database.pool.execute("insert into agent_queue values ('main', 'sales', 'a1')")
    await database.pool.execute("delete from agent")
    left = await database.pool.fetch("select endpoint, agent_id from agent_endpoint")
    assert [tuple(row) for row in left] == [("PJSIP/1", None)]
    assert await database.pool.fetchval("select count(*) from agent_queue") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "insert into agent_queue values ('main', 'claims', 'a1', 3)",
        "update agent_queue set penalty = 2",
        "delete from agent_queue",
        "truncate agent_queue",
    ],
)
async def test_a_change_of_who_serves_what_is_told(database: Database, statement: str) -> None:
    await database.pool.execute(AGENT)
    await database.pool.execute("insert into agent_queue values ('main', 'sales', 'a1')")
    heard = asyncio.Event()
    connection = await asyncpg.connect(database.url)
    await connection.add_listener("roster_changed", lambda *_: heard.set())
    await database.pool.execute(statement)
    async with asyncio.timeout(10):
        await heard.wait()
    connection.terminate()


async def test_a_command_is_kept_though_its_agent_goes(database: Database) -> None:
    await database.pool.execute(AGENT)
    command_id = await database.pool.fetchval("""
        insert into command_log (agent_id, kind, call_id, target, outcome)
        values ('a1', 'transfer', 'main-1', '{"to": "700"}', 'done') returning command_id
    """)
    await database.pool.execute("delete from agent")
    row = await database.pool.fetchrow("select * from command_log where command_id = $1", command_id)
    assert (row["agent_id"], row["detail"]) == ("a1", "")
