"""Where the stores are: at the addresses of the settings, or embedded and started here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from cti_bridge.settings import Settings
from cti_bridge.storage.embedded import EmbeddedPostgres, EmbeddedValkey, Server, watch


@asynccontextmanager
async def stores(settings: Settings, *, only_postgres: bool = False) -> AsyncIterator[tuple[str, str]]:
    """The addresses of PostgreSQL and Redis: those of the settings, or embedded servers started here.

    An embedded PostgreSQL is brought up to date. ``only_postgres`` leaves an
    embedded Valkey out, and its address empty.
    """
    async with AsyncExitStack() as stack:
        postgres_url, redis_url = settings.storage.postgres_url, settings.storage.redis_url
        watches: list[Server] = []
        if not postgres_url:
            server = EmbeddedPostgres(settings.storage.data_dir)
            postgres_url = await server.start()
            stack.push_async_callback(server.stop)
            watches.append(server)
        if not redis_url and not only_postgres:
            valkey = EmbeddedValkey(settings.storage.data_dir)
            redis_url = await valkey.start()
            stack.push_async_callback(valkey.stop)
            watches.append(valkey)
        if not settings.storage.postgres_url:
            # Loads SQLAlchemy, which is of no use to a server after this.
            from cti_bridge.storage.migrate import migrate

            await migrate(postgres_url)
        tasks = [asyncio.create_task(watch(server), name=f"watch_{server.name}") for server in watches]
        try:
            yield postgres_url, redis_url
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
