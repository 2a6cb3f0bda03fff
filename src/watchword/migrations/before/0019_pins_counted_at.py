"""When a try at a PIN was last counted: those that nobody settles are over some time."""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import moment

revision = "before_0019"
down_revision = "before_0018"
branch_labels = None


def upgrade() -> None:
    """Apply."""
    op.add_column("pins", sa.Column("counted_at", moment(), nullable=True))
