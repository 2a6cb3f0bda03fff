"""Addresses that accounts had, under which something may still be written about them."""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import moment, protect, tenant

revision = "before_0025"
down_revision = "before_0024"
branch_labels = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "former_addresses",
        tenant(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("given_up_at", moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_former_addresses_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "user_id", "address_key", name=op.f("pk_former_addresses")
        ),
    )
    protect("former_addresses")
