"""Alembic's entry: runs the migrations on the connection it is handed, or on the DSN of ``-x dsn=…``.

Alembic loads this file itself; ``cti_bridge.storage.migrate`` is what the bridge calls.
"""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection

from cti_bridge.storage.migrate import engine_on


def run(connection: Connection) -> None:
    """Migrate on ``connection``, each migration in a transaction of its own."""
    context.configure(
        connection=connection,
        target_metadata=None,
        transaction_per_migration=True,
        on_version_apply=context.config.attributes.get("on_version_apply"),
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_on_dsn() -> None:
    """For developers: ``alembic -x dsn=postgresql://… …``."""
    engine = engine_on(context.get_x_argument(as_dictionary=True)["dsn"])
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_on_dsn())
