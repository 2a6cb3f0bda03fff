"""Whether somebody chose their language: those of before were seen. And what last came of each carrier."""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import moment, protect, tenant

revision = "before_0015"
down_revision = "before_0014"
branch_labels = None


def upgrade() -> None:
    """Apply."""
    seen = sa.Column("language_by", sa.Text(), server_default="seen", nullable=False)
    op.add_column("users", seen)
    op.create_table(
        "carrier_latest",
        tenant(),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("taken_at", moment(), nullable=True),
        sa.Column("refused_at", moment(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "channel", "carrier", name=op.f("pk_carrier_latest")),
    )
    protect("carrier_latest")
