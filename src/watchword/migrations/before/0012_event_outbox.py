"""The outbox of events."""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import moment, protect, tenant

revision = "before_0012"
down_revision = "before_0011"
branch_labels = None

_WAITING = sa.text("published_at IS NULL AND parked_at IS NULL")
_TRIED = sa.text("published_at IS NULL AND parked_at IS NULL AND attempts > 0")
_PARKED = sa.text("parked_at IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "event_outbox",
        tenant(),
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("created_at", moment(), nullable=False),
        sa.Column("due_at", moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("published_at", moment(), nullable=True),
        sa.Column("parked_at", moment(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_event_outbox")),
    )
    _index("waiting", "number", _WAITING)
    _index("tried", "subject", _TRIED)
    _index("parked", "number", _PARKED)
    protect("event_outbox")


def _index(which: str, by: str, where: sa.TextClause) -> None:
    """Find the rows of a destination that are in this state."""
    op.create_index(
        f"idx_event_outbox_{which}",
        "event_outbox",
        ["destination", by],
        postgresql_where=where,
        sqlite_where=where,
    )
