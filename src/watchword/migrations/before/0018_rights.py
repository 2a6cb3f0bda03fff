"""Exports, erasures and legal holds; when an account was last used; and consents of who is no more.

An act of consent stays as it is and outlives its account. Two things are new: the address of an act goes
when its account is erased; and a consent that was withdrawn may go with all its acts, as retention says.
"""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import moment, on_postgres, protect, tenant

revision = "before_0018"
down_revision = "before_0017"
branch_labels = None

_WORDS = "consents are append-only"
_PENDING = "SELECT 1 FROM users WHERE id = OLD.user_id AND status = 'pending_verification'"
_ERASED = "SELECT 1 FROM users WHERE id = OLD.user_id AND status = 'erased'"
_HOLDS = (
    "SELECT 1 FROM consents AS act WHERE act.user_id = OLD.user_id AND act.purpose = OLD.purpose"
    " AND act.deed IN ('granted', 'renewed') AND NOT EXISTS (SELECT 1 FROM consents AS later"
    " WHERE later.user_id = act.user_id AND later.purpose = act.purpose"
    " AND later.number > act.number AND later.deed <> 'asked')"
)
_FIXED = ("id", "user_id", "number", "purpose", "deed", "text_version", "language", "at", "channel")
_OPEN_EXPORT = sa.text("ready_at IS NULL AND failed_at IS NULL")
_OPEN_ERASURE = sa.text("undone_at IS NULL AND erased_at IS NULL")


def upgrade() -> None:
    """Apply."""
    op.add_column("users", sa.Column("seen_at", moment(), nullable=True))
    _exports()
    _erasures()
    protect("exports", "erasures", "legal_holds")
    if on_postgres():
        _guard_on_postgres()
    else:
        _guard_on_sqlite()


def _exports() -> None:
    op.create_table(
        "exports",
        tenant(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", moment(), nullable=False),
        sa.Column("leased_until", moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("ready_at", moment(), nullable=True),
        sa.Column("expires_at", moment(), nullable=True),
        sa.Column("taken_at", moment(), nullable=True),
        sa.Column("failed_at", moment(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_exports_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    _unique("idx_exports_open", "exports", _OPEN_EXPORT)
    op.create_index("idx_exports_user_id", "exports", ["user_id", "asked_at"])


def _erasures() -> None:
    op.create_table(
        "erasures",
        tenant(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", moment(), nullable=False),
        sa.Column("due_at", moment(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("undone_at", moment(), nullable=True),
        sa.Column("erased_at", moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    _unique("idx_erasures_open", "erasures", _OPEN_ERASURE)
    op.create_index("idx_erasures_user_id", "erasures", ["user_id"])
    op.create_index(
        "idx_erasures_due_at",
        "erasures",
        ["due_at"],
        postgresql_where=_OPEN_ERASURE,
        sqlite_where=_OPEN_ERASURE,
    )
    op.create_table(
        "legal_holds",
        tenant(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("since", moment(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name=op.f("pk_legal_holds")),
    )


def _unique(name: str, table: str, where: sa.TextClause) -> None:
    """Let an account have one of these at a time."""
    op.create_index(
        name, table, ["user_id"], unique=True, postgresql_where=where, sqlite_where=where
    )


def _guard_on_postgres() -> None:
    same = " AND ".join(f"NEW.{name} = OLD.{name}" for name in (*_FIXED, "tenant_id"))
    op.execute(
        "CREATE OR REPLACE FUNCTION consents_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP = 'DELETE' AND (EXISTS ({_PENDING}) OR NOT EXISTS ({_HOLDS}))"
        " THEN RETURN OLD; END IF;"
        f" IF TG_OP = 'UPDATE' AND NEW.address = '' AND {same} AND EXISTS ({_ERASED})"
        " THEN RETURN NEW; END IF;"
        f" RAISE EXCEPTION '{_WORDS}' USING ERRCODE = 'restrict_violation'; END $$"
    )


def _guard_on_sqlite() -> None:
    same = " AND ".join(f"NEW.{name} = OLD.{name}" for name in (*_FIXED, "tenant_id"))
    op.execute("DROP TRIGGER consents_stay_as_they_are")
    op.execute(
        "CREATE TRIGGER consents_stay_as_they_are BEFORE UPDATE ON consents"
        f" WHEN NOT (NEW.address = '' AND {same} AND EXISTS ({_ERASED}))"
        f" BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
    )
    op.execute("DROP TRIGGER consents_stay")
    op.execute(
        "CREATE TRIGGER consents_stay BEFORE DELETE ON consents"
        f" WHEN NOT EXISTS ({_PENDING}) AND EXISTS ({_HOLDS})"
        f" BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
    )
