"""Runs a migration written as a file of SQL statements."""

from __future__ import annotations

from pathlib import Path

from alembic import op


def run_beside(migration: str) -> None:
    """Run ``<migration>.sql``, next to the Python file ``migration``, in the migration's transaction.

    Given to asyncpg itself: through SQLAlchemy each statement would be
    prepared, which takes only one, and splitting SQL text is guesswork.
    """
    sql = Path(migration).with_suffix(".sql").read_text(encoding="utf-8")
    bind = op.get_bind()
    bind.exec_driver_sql("select 1")  # SQLAlchemy opens the transaction with its own first statement
    bind.connection.dbapi_connection.run_async(lambda driver: driver.execute(sql))  # type: ignore[union-attr]
