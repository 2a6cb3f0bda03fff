"""What becomes of letters, where none may go, and which posts from outside were acted on."""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import moment, protect, tenant

revision = "before_0005"
down_revision = "before_0004"
branch_labels = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "dispatches",
        tenant(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("letter_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sent_at", moment(), nullable=False),
        sa.Column("told_at", moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatches")),
    )
    op.create_index(
        "idx_dispatches_reference", "dispatches", ["tenant_id", "carrier", "reference"], unique=True
    )
    op.create_index("idx_dispatches_sent_at", "dispatches", ["sent_at"])
    op.create_index(
        "idx_dispatches_soft",
        "dispatches",
        ["address_digest", "told_at"],
        postgresql_where=sa.text("state = 'soft_bounce'"),
        sqlite_where=sa.text("state = 'soft_bounce'"),
    )
    op.create_table(
        "suppressions",
        tenant(),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("since", moment(), nullable=False),
        sa.Column("withheld", sa.Integer(), nullable=False),
        sa.Column("tried_at", moment(), nullable=True),
        sa.Column("tried_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "address_key", "reason", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "receipts",
        tenant(),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "digest", name=op.f("pk_receipts")),
    )
    op.create_index("idx_receipts_expires_at", "receipts", ["expires_at"])
    protect("dispatches", "suppressions", "receipts")
