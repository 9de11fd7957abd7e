from __future__ import annotations

import asyncpg
import pytest

from cti_bridge.errors import Unavailable
from cti_bridge.storage import postgres
from tests.conftest import Database, url_of


async def refusal(dsn: str) -> Unavailable:
    with pytest.raises(Unavailable) as refused:
        pool = await postgres.create_pool(dsn)
        try:
            await postgres.require(pool)
        finally:
            await pool.close()
    return refused.value


@pytest.mark.parametrize(
    ("dsn", "cause"),
    [
        ("postgresql://u@127.0.0.1:1/d", "nobody listens there"),
        ("postgresql://u@/d?host=/nowhere&port=5432", "nobody listens there"),
        ("postgresql://u@no-such-host.invalid/d", "the host name is unknown"),
        ("mysql://u@127.0.0.1/d", "invalid DSN"),
        ("postgresql://[::1", "Invalid IPv6 URL"),
    ],
)
async def test_one_line_says_why(dsn: str, cause: str) -> None:
    error = await refusal(dsn)
    assert error.setting == "storage.postgres_url"
    assert error.cause.startswith(cause)
    assert "\n" not in str(error)


async def test_a_missing_database(postgres_url: str) -> None:
    assert "does not exist" in (await refusal(url_of(postgres_url, "nix"))).cause


async def test_a_wrong_user(postgres_url: str) -> None:
    error = await refusal(postgres_url.replace("postgres@", "nobody:hidden@", 1))
    assert error.cause.startswith("PostgreSQL refuses the user or password")
    assert "hidden" not in str(error)


async def test_a_pool_outlives_its_connections(database: Database) -> None:
    await postgres.require(database.pool)
    await database.pool.fetch(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    with pytest.raises(postgres.FAULTS):
        await database.pool.fetch("select pg_terminate_backend(pg_backend_pid())")
    await postgres.require(database.pool)


async def test_a_pool_does_not_need_postgres_to_be_there() -> None:
    pool = await postgres.create_pool("postgresql://u@127.0.0.1:1/d")
    await pool.close()


async def test_settings_hold_for_every_borrower(database: Database) -> None:
    pool = await postgres.create_pool(database.url, max_size=1, settings={"work_mem": "7MB"})
    for _ in range(2):
        assert await pool.fetchval("show work_mem") == "7MB"
        assert await pool.fetchval("show plan_cache_mode") == "force_generic_plan"
    await pool.close()


async def test_a_transaction_left_open_is_not_handed_on(database: Database) -> None:
    pool = await postgres.create_pool(database.url, max_size=1)
    async with pool.acquire() as connection:
        await connection.execute("begin; create table left_open ()")
    assert await pool.fetchval("select to_regclass('left_open')") is None
    await pool.close()


async def test_commands_are_bounded(database: Database) -> None:
    pool = await postgres.create_pool(database.url, command_timeout_s=0.05)
    with pytest.raises(TimeoutError):
        await pool.fetchval("select pg_sleep(30)")
    await pool.close()


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (TimeoutError(), "PostgreSQL does not answer in time"),
        (asyncpg.TooManyConnectionsError("full"), "PostgreSQL has no connection left (full)"),
        (asyncpg.PostgresError("two\nlines"), "two lines"),
        (OSError(), "OSError"),
    ],
)
def test_explain(error: Exception, line: str) -> None:
    assert postgres.explain(error) == line
