"""Consents."""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import moment, protect, tenant

revision = "before_0006"
down_revision = "before_0005"
branch_labels = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "consents",
        tenant(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index("idx_gdpr_consents_patient_id", "consents", ["user_id", "number"], unique=True)
    protect("consents")
