"""An event that was refused for good is a dead letter, as a letter is; the column says the same word."""

import sqlalchemy as sa
from alembic import op

revision = "before_0014"
down_revision = "before_0013"
branch_labels = None

_DEAD = sa.text("dead_at IS NOT NULL")


def upgrade() -> None:
    """Apply. A relay of the program before stands still until it is replaced; what it is owed waits."""
    op.execute("ALTER TABLE event_outbox RENAME COLUMN parked_at TO dead_at")
    op.drop_index("idx_event_outbox_parked", table_name="event_outbox")
    op.create_index(
        "idx_event_outbox_dead",
        "event_outbox",
        ["destination", "number"],
        postgresql_where=_DEAD,
        sqlite_where=_DEAD,
    )
