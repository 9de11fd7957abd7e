"""Fixtures for every test: a real PostgreSQL, a real Valkey, fresh and seeded databases.

- ``data_dir``: where the session's servers keep their data.
- ``postgres_url``: a server's own database, without our tables.
- ``database``: a fresh, empty, migrated database of its own for each test.
- ``seeded_database_url``: 5,000 customers with suggestions, made once, shared: read only.
- ``seeded_database``: a copy of it for each test that writes.
- ``valkey_url``, ``valkey``: a server for the session, and a client on it, emptied before each test.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from redis.asyncio import Redis

from cti_bridge.storage import postgres, redis
from cti_bridge.storage.embedded import EmbeddedPostgres, EmbeddedValkey
from cti_bridge.storage.migrate import migrate
from cti_bridge.storage.redis_line import RedisLine

# The day on which every seeded history ends.
SEEDED_NOW = datetime(2026, 4, 8, 1, 0, tzinfo=UTC)
SEEDED_PASSWORD = "correct horse"

_TEMPLATE = "template_empty"
_SEEDED_TEMPLATE = "template_seeded"
_SEEDED = "seeded"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Database:
    """A database and a pool on it, both gone after the test."""

    url: str
    pool: asyncpg.Pool


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """A folder another user may pass through: PostgreSQL does not run as root, tests may."""
    folder = Path(tempfile.mkdtemp(prefix="cti-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(data_dir: Path) -> Iterator[str]:
    quick = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
    server = EmbeddedPostgres(data_dir, settings=quick)
    asyncio.run(server.start())
    yield server.dsn
    asyncio.run(server.stop())


@pytest.fixture(scope="session")
def valkey_url(data_dir: Path) -> Iterator[str]:
    server = EmbeddedValkey(data_dir)
    asyncio.run(server.start())
    yield server.url
    asyncio.run(server.stop())


@pytest.fixture
async def redis_line(valkey_url: str) -> AsyncIterator[RedisLine]:
    """A line to the session's Valkey; ``valkey`` empties it."""
    line = RedisLine(valkey_url)
    yield line
    await line.aclose()


@pytest.fixture
async def valkey(valkey_url: str) -> AsyncIterator[Redis]:
    client = redis.connect(valkey_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def empty_template(postgres_url: str) -> str:
    """The name of a migrated database nobody is connected to."""

    async def make() -> None:
        await _create(postgres_url, _TEMPLATE, "template1")
        await migrate(url_of(postgres_url, _TEMPLATE))

    asyncio.run(make())
    return _TEMPLATE


@pytest.fixture(scope="session")
def seeded_template(postgres_url: str, empty_template: str) -> str:
    """The name of a seeded and trained database nobody is connected to."""
    from cti_bridge.demo.seed import seed
    from cti_bridge.suggest.train import train

    async def make() -> None:
        await _create(postgres_url, _SEEDED_TEMPLATE, empty_template)
        pool = await postgres.create_pool(url_of(postgres_url, _SEEDED_TEMPLATE))
        await seed(pool, customers=5000, now=SEEDED_NOW, password=SEEDED_PASSWORD)
        await train(pool)
        await pool.close()

    asyncio.run(make())
    return _SEEDED_TEMPLATE


@pytest.fixture(scope="session")
def seeded_database_url(postgres_url: str, seeded_template: str) -> str:
    asyncio.run(_create(postgres_url, _SEEDED, seeded_template))
    return url_of(postgres_url, _SEEDED)


@pytest.fixture
async def database(postgres_url: str, empty_template: str) -> AsyncIterator[Database]:
    async for made in clone(postgres_url, empty_template):
        yield made


@pytest.fixture
async def seeded_database(postgres_url: str, seeded_template: str) -> AsyncIterator[Database]:
    async for made in clone(postgres_url, seeded_template):
        yield made


@pytest.fixture
async def seeded_pool(seeded_database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await postgres.create_pool(seeded_database_url)
    yield pool
    await pool.close()


def url_of(server_url: str, database: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{database}"))


async def clone(server_url: str, template: str) -> AsyncIterator[Database]:
    """A copy of ``template``, gone when the loop over it goes on."""
    name = f"test_{next(_numbers)}"
    await _create(server_url, name, template)
    url = url_of(server_url, name)
    pool = await postgres.create_pool(url)
    try:
        yield Database(url, pool)
    finally:
        await pool.close()
        await run_on_server(server_url, f"drop database {name} with (force)")


async def _create(server_url: str, name: str, template: str) -> None:
    await run_on_server(server_url, f"create database {name} template {template} strategy file_copy")


async def run_on_server(server_url: str, statement: str) -> None:
    """Run a statement outside of any test's database."""
    connection = await asyncpg.connect(server_url, timeout=5)
    try:
        await connection.execute(statement, timeout=60)
    finally:
        await connection.close(timeout=5)
