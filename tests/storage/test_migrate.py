from __future__ import annotations

import asyncio
from importlib import resources

import pytest

from cti_bridge.errors import Refused, Unavailable
from cti_bridge.storage.migrate import migrate
from tests.conftest import Database, url_of


async def test_an_empty_database_is_brought_up_to_date_once(postgres_url: str) -> None:
    from tests.conftest import run_on_server

    await run_on_server(postgres_url, "create database to_migrate")
    url = url_of(postgres_url, "to_migrate")
    # Bridges that start at once: one migrates, the others wait for it.
    applied = await asyncio.gather(*(migrate(url) for _ in range(4)))
    assert sorted(applied) == [[], [], [], ["0001", "0002", "0003", "0004", "0005"]]
    assert await migrate(url) == []
    await run_on_server(postgres_url, "drop database to_migrate with (force)")


async def test_a_database_of_a_newer_bridge_is_left_alone(database: Database) -> None:
    await database.pool.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(Refused, match=r"storage\.postgres_url: .*9999"):
        await migrate(database.url)


async def test_a_migration_is_whole_or_not_at_all(database: Database) -> None:
    await database.pool.execute("drop table alembic_version; drop table favourite")
    with pytest.raises(Refused, match="cannot be brought up to date"):
        await migrate(database.url)
    assert await database.pool.fetchval("select to_regclass('favourite')") is None


@pytest.mark.parametrize("dsn", ["postgresql://u@127.0.0.1:1/d", "mysql://u@h/d"])
async def test_no_database(dsn: str) -> None:
    with pytest.raises(Unavailable) as refused:
        await migrate(dsn)
    assert refused.value.setting == "storage.postgres_url"


async def test_a_database_that_does_not_exist(postgres_url: str) -> None:
    with pytest.raises(Unavailable, match="the database does not exist"):
        await migrate(url_of(postgres_url, "nix"))


def test_the_sql_is_part_of_the_package() -> None:
    folder = resources.files("cti_bridge.storage") / "migrations" / "versions"
    assert (folder / "0001_first.sql").read_text().startswith("-- The first schema")
