"""The first schema, in the SQL file beside this one.

Revision ID: 0001
Revises: nothing
"""

from cti_bridge.storage.migrations.sql_file import run_beside

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(__file__)


def downgrade() -> None:
    raise NotImplementedError("the first schema has nothing before it; drop the database instead")
