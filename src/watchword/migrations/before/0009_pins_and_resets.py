"""PINs, the ledger of resets, sessions of USSD; accounts are found by a proven telephone number."""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import moment, protect, tenant

revision = "before_0009"
down_revision = "before_0008"
branch_labels = None


def upgrade() -> None:
    """Apply."""
    proven = sa.text("phone_verified_at IS NOT NULL")
    op.create_index(
        "idx_users_phone", "users", ["phone"], postgresql_where=proven, sqlite_where=proven
    )
    op.create_table(
        "pins",
        tenant(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("pepper_version", sa.Integer(), nullable=False),
        sa.Column("set_at", moment(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locks", sa.Integer(), nullable=False),
        sa.Column("locked_until", moment()),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_pins_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_pins")),
    )
    op.create_table(
        "molam_reset_requests",
        tenant(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("expires_at", moment(), nullable=False),
        sa.Column("updated_at", moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_molam_reset_requests_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_molam_reset_requests")),
    )
    op.create_index("idx_reset_user_kind", "molam_reset_requests", ["user_id", "kind", "status"])
    op.create_index("idx_reset_created", "molam_reset_requests", ["created_at"])
    op.create_table(
        "ussd_sessions",
        tenant(),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("consumed", sa.Integer(), nullable=False),
        sa.Column("typed_digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.LargeBinary()),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("expires_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "digest", name=op.f("pk_ussd_sessions")),
    )
    op.create_index("idx_ussd_sessions_expires_at", "ussd_sessions", ["expires_at"])
    protect("pins", "molam_reset_requests", "ussd_sessions")
