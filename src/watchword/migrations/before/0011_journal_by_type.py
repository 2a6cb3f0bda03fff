"""Facts of a type in a stretch of time, found by an index that is built while others write."""

from alembic import op

from watchword.migrations.words import concurrently

revision = "before_0011"
down_revision = "before_0010"
branch_labels = None


def upgrade() -> None:
    """Apply."""
    with concurrently() as how:
        op.create_index("idx_journal_type", "journal", ["type", "at"], if_not_exists=True, **how)
