"""When somebody was signed out everywhere, and proxy logins.

Revision ID: 0004
Revises: 0003
"""

from cti_bridge.storage.migrations.sql_file import run_beside

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(__file__)


def downgrade() -> None:
    raise NotImplementedError("going back would let ended sessions in again; restore a backup instead")
