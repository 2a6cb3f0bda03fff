"""When a risk signal was last raised of each subject."""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import moment, protect, tenant

revision = "before_0010"
down_revision = "before_0009"
branch_labels = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "signals",
        tenant(),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("raised_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "subject", name=op.f("pk_signals")),
    )
    op.create_index("idx_signals_raised_at", "signals", ["raised_at"])
    protect("signals")
