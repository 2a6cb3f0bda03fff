"""Who may have a letter already, after a try of which nobody can tell."""

import sqlalchemy as sa
from alembic import op

revision = "before_0007"
down_revision = "before_0006"
branch_labels = None


def upgrade() -> None:
    """Apply."""
    op.add_column("outbox", sa.Column("perhaps_at", sa.Text(), nullable=True))
