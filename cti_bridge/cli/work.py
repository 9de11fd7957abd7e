"""What every command shares: settings from a file, and one piece of work on the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import asyncpg
import typer

from cti_bridge.customers.dispositions import load_dispositions
from cti_bridge.customers.questions import Question, load_questions
from cti_bridge.errors import ConfigError, Fault, Refused, Unavailable
from cti_bridge.lookup.cache import CardCache
from cti_bridge.settings import Settings, load
from cti_bridge.storage import postgres, redis
from cti_bridge.storage.redis_line import RedisLine
from cti_bridge.storage.stores import stores
from cti_bridge.telemetry import configure_logs
from cti_bridge.terminal import EXIT_CONFIG, fail, run_once

ConfigPath = Annotated[
    Path | None, typer.Option("--config", "-c", metavar="FILE", help="Settings; without it the defaults.")
]
T = TypeVar("T")


def settings_of(path: Path | None) -> Settings:
    """The settings of ``path``; every fault is printed, and the exit code says so."""
    return _told(lambda: load(path))


def questions_of(settings: Settings) -> Sequence[Question]:
    """The counselling questions of the settings; faults are told in the same way."""
    return _told(lambda: load_questions(settings.counselling.file))


def check_side_files(settings: Settings) -> None:
    """Read every file that the settings name; the faults of all are told in the same way, at once."""
    faults: list[Fault] = []
    for read in (
        lambda: load_questions(settings.counselling.file),
        lambda: load_dispositions(settings.wrap_up.file),
    ):
        try:
            read()
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise _refused(faults)


def quiet(path: Path | None) -> Settings:
    """Settings for a command that is not a server: only what is wrong is logged."""
    settings = settings_of(path)
    configure_logs("warning", settings.log.format)
    return settings


def with_pool(settings: Settings, work: Callable[[asyncpg.Pool], Awaitable[T]]) -> T:
    """Run one piece of work on the database of the settings."""

    async def run_work() -> T:
        async with stores(settings, only_postgres=True) as (postgres_url, _):
            return await _on_pool(settings, postgres_url, work)

    return run_once(run_work())


def with_cards(settings: Settings, work: Callable[[asyncpg.Pool, CardCache], Awaitable[T]]) -> T:
    """Run one piece of work on the database of the settings and the cards kept in its Redis."""

    async def run_work() -> T:
        async with stores(settings) as (postgres_url, redis_url):
            client, line = redis.connect(redis_url), RedisLine(redis_url)
            cache = CardCache(line, client, found_ttl_s=settings.lookup.cache_ttl_s)
            try:
                await redis.require(client)
                return await _on_pool(settings, postgres_url, lambda pool: work(pool, cache))
            except redis.FAULTS as error:
                raise Unavailable(redis.SETTING, redis.explain(error)) from error
            finally:
                await line.aclose()
                await client.aclose()

    return run_once(run_work())


async def _on_pool(settings: Settings, postgres_url: str, work: Callable[[asyncpg.Pool], Awaitable[T]]) -> T:
    pool = await postgres.create_pool(postgres_url, settings={"timezone": settings.region.time_zone})
    try:
        await postgres.require(pool)
        return await work(pool)
    except asyncpg.UndefinedTableError:
        raise Refused(f"{postgres.SETTING}: no schema there yet; run cti-bridge migrate") from None
    except postgres.FAULTS as error:
        raise Unavailable(postgres.SETTING, postgres.explain(error)) from error
    finally:
        await pool.close()


def _told(read: Callable[[], T]) -> T:
    try:
        return read()
    except ConfigError as error:
        raise _refused(error.faults) from None


def _refused(faults: Sequence[Fault]) -> SystemExit:
    return fail("\ncti-bridge: ".join(map(str, faults)), EXIT_CONFIG)
