"""Consents are append-only, whoever writes; and whom a worker asks is known even when it is killed.

An act is never changed, and outlives its account. Only what was typed for an address that nobody has proven
is no consent: it may go while that account is pending; what such accounts left behind so far goes now.
"""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import on_postgres

revision = "before_0008"
down_revision = "before_0007"
branch_labels = None

_WORDS = "consents are append-only"
_PENDING = "SELECT 1 FROM users WHERE id = OLD.user_id AND status = 'pending_verification'"


def upgrade() -> None:
    """Apply."""
    op.add_column("outbox", sa.Column("asked", sa.Text(), nullable=True))
    op.execute("DELETE FROM consents WHERE user_id NOT IN (SELECT id FROM users)")
    if on_postgres():
        _guard_on_postgres()
    else:
        _guard_on_sqlite()


def _guard_on_postgres() -> None:
    op.execute(
        "CREATE FUNCTION consents_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP = 'DELETE' AND EXISTS ({_PENDING}) THEN RETURN OLD; END IF;"
        f" RAISE EXCEPTION '{_WORDS}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER consents_stay BEFORE UPDATE OR DELETE ON consents"
        " FOR EACH ROW EXECUTE FUNCTION consents_stay()"
    )
    op.execute(
        "CREATE FUNCTION consents_stay_whole() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION '{_WORDS}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER consents_stay_whole BEFORE TRUNCATE ON consents"
        " FOR EACH STATEMENT EXECUTE FUNCTION consents_stay_whole()"
    )


def _guard_on_sqlite() -> None:
    op.execute(
        "CREATE TRIGGER consents_stay_as_they_are BEFORE UPDATE ON consents"
        f" BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
    )
    op.execute(
        "CREATE TRIGGER consents_stay BEFORE DELETE ON consents"
        f" WHEN NOT EXISTS ({_PENDING})"
        f" BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
    )
