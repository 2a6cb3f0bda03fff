"""A view of who was erased, for those who verify the audit trail and may not read accounts (PostgreSQL).

An origin may be gone from the trail because its account was erased. The view says whether it was, and is:
there is a receipt, and no account any more. It tells ids alone.
"""

from alembic import op

from watchword.migrations.words import on_postgres

revision = "before_0024"
down_revision = "before_0023"
branch_labels = None

_VIEW = """
CREATE VIEW audit_erased WITH (security_barrier) AS SELECT DISTINCT erasures.user_id
FROM erasures LEFT JOIN users ON users.id = erasures.user_id
WHERE erasures.erased_at IS NOT NULL AND coalesce(users.status, 'erased') = 'erased'
AND erasures.tenant_id = nullif(current_setting('watchword.tenant', true), '')::uuid
"""


def upgrade() -> None:
    """Apply."""
    if on_postgres():
        op.execute(_VIEW)
