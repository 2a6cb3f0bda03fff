"""Whether somebody chose their language, or was seen with it: those of before were seen."""

import sqlalchemy as sa
from alembic import op

revision = "before_0015"
down_revision = "before_0014"
branch_labels = None


def upgrade() -> None:
    """Apply."""
    seen = sa.Column("language_by", sa.Text(), server_default="seen", nullable=False)
    op.add_column("users", seen)
