"""Brings a database's schema up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from cti_bridge.errors import Refused, Unavailable
from cti_bridge.storage.postgres import CONNECT_TIMEOUT_S, FAULTS, SETTING, explain

# Any number, as long as no other program uses the same on this database: "CTI" and "mig" in ASCII.
_LOCK_KEY = 0x4354496D6967
_LOCK_TIMEOUT_S = 60
_STATEMENT_TIMEOUT_S = 600.0


def engine_on(dsn: str) -> AsyncEngine:
    """SQLAlchemy on asyncpg; ``dsn`` is read by asyncpg, which knows more spellings of it."""

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S, command_timeout=_STATEMENT_TIMEOUT_S)

    return create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)


async def migrate(dsn: str) -> list[str]:
    """Apply every migration the database lacks; their revisions, oldest first, empty when up to date.

    Of several bridges that start at once one migrates, the others wait up to
    a minute for it. A migration is applied whole or not at all.

    Raises: Unavailable; Refused when the database comes from a newer bridge or
    forbids its user to change the schema.
    """
    applied: list[str] = []
    engine = engine_on(dsn)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"set lock_timeout = '{_LOCK_TIMEOUT_S}s'"))
            await connection.execute(text("select pg_advisory_lock(:key)"), {"key": _LOCK_KEY})
            await connection.commit()
            await connection.run_sync(_upgrade, applied)
            # The lock goes with the connection, which is closed, not kept.
    except CommandError as error:
        raise Refused(f"{SETTING}: the database's schema is not one this version knows ({error})") from error
    except DBAPIError as error:
        # SQLAlchemy keeps what asyncpg raised as the cause of its own copy of the exception.
        raise _reported((error.orig and error.orig.__cause__) or error) from error
    except ValueError as error:
        raise _reported(error) from error
    except FAULTS as error:
        raise _reported(error) from error
    finally:
        await engine.dispose()
    return applied


def _reported(cause: BaseException) -> Unavailable | Refused:
    if isinstance(cause, asyncpg.SyntaxOrAccessError):
        return Refused(f"{SETTING}: the schema cannot be brought up to date: {explain(cause)}")
    return Unavailable(SETTING, explain(cause))


def _upgrade(connection: Connection, applied: list[str]) -> None:
    def on_version_apply(*, step: Any, **_: Any) -> None:
        applied.append(step.up_revision_id)

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["on_version_apply"] = on_version_apply
    command.upgrade(config, "head")
