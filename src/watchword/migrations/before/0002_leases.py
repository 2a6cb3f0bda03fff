"""Leases."""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import moment, protect, tenant

revision = "before_0002"
down_revision = "before_0001"
branch_labels = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "leases",
        tenant(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=True),
        sa.Column("until", moment(), nullable=True),
        sa.Column("due_at", moment(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "name", name=op.f("pk_leases")),
    )
    protect("leases")
