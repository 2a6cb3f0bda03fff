"""Identities of other providers by which accounts are opened."""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import moment, protect, tenant

revision = "before_0016"
down_revision = "before_0015"
branch_labels = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "linked_identities",
        tenant(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("linked_at", moment(), nullable=False),
        sa.Column("used_at", moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_linked_identities_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_identities")),
    )
    op.create_index(
        "idx_linked_identities_subject",
        "linked_identities",
        ["tenant_id", "issuer", "subject"],
        unique=True,
    )
    op.create_index(
        "idx_linked_identities_user_id", "linked_identities", ["user_id", "issuer"], unique=True
    )
    protect("linked_identities")
