"""The whole customer: sources, segments, karte, suggestions, households, audit, privacy.

Revision ID: 0003
Revises: 0002
"""

from cti_bridge.storage.migrations.sql_file import run_beside

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(__file__)


def downgrade() -> None:
    raise NotImplementedError("going back would delete notes and outcomes; restore a backup instead")
