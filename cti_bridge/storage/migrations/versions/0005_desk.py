"""What agents said of their calls.

Revision ID: 0005
Revises: 0004
"""

from cti_bridge.storage.migrations.sql_file import run_beside

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_beside(__file__)


def downgrade() -> None:
    raise NotImplementedError("going back would delete what was said of calls; restore a backup instead")
