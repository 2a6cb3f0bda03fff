"""What operators have switched while the service runs."""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import moment, protect, tenant

revision = "before_0023"
down_revision = "before_0020"
branch_labels = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "flags",
        tenant(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holds_for", sa.Text(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("changed_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", "holds_for", name=op.f("pk_flags")),
    )
    protect("flags")
