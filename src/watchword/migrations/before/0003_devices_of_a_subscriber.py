"""Whether a subscriber's device is known is told by an index alone."""

from alembic import op

revision = "before_0003"
down_revision = "before_0002"
branch_labels = None


def upgrade() -> None:
    """Apply."""
    op.create_index("idx_sessions_device", "sessions", ["user_id", "user_agent"])
