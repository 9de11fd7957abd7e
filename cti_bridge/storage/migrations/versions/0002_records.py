"""Call records, traces, commands, and telephones that agents share.

Revision ID: 0002
Revises: 0001
"""

from cti_bridge.storage.migrations.sql_file import run_beside

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(__file__)


def downgrade() -> None:
    raise NotImplementedError("going back would delete every call record; restore a backup instead")
