"""Events that were published, found by when: those of long ago are purged."""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import concurrently

revision = "before_0013"
down_revision = "before_0012"
branch_labels = None

_PUBLISHED = sa.text("published_at IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    with concurrently() as how:
        op.create_index(
            "idx_event_outbox_published",
            "event_outbox",
            ["published_at"],
            if_not_exists=True,
            postgresql_where=_PUBLISHED,
            sqlite_where=_PUBLISHED,
            **how,
        )
