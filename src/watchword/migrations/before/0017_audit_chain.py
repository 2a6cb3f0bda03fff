"""The journal becomes an audit trail: only added to, each row on its way to a chain, origins that can go.

    journal             rows stay as they are; what tells where an act came from may go, all of it at once
    audit_waiting       rows that are not in the chain yet; a trigger writes them, whoever writes the journal
    audit_chain         a link for each row, only added to
    audit_checkpoints   heads of the chain under a key, only added to
    audit_archives      what went to cold storage; only what is in one may be deleted here

All rows so far begin the chain, in the order of their moments.
"""

import sqlalchemy as sa
from alembic import op

from watchword.migrations.words import moment, on_postgres, protect, tenant

revision = "before_0017"
down_revision = "before_0016"
branch_labels = None

_WORDS = "the audit trail is append-only"
_ORIGIN = ("address", "user_agent", "request_id", "salt")
_KEPT = ("tenant_id", "id", "at", "type", "user_id", "facts")
_ARCHIVED = (
    "SELECT 1 FROM audit_archives WHERE tenant_id = OLD.tenant_id AND last_position >= OLD.position"
)
_ROW_ARCHIVED = (
    "SELECT 1 FROM audit_chain JOIN audit_archives"
    " ON audit_archives.tenant_id = audit_chain.tenant_id"
    " AND audit_archives.last_position >= audit_chain.position"
    " WHERE audit_chain.tenant_id = OLD.tenant_id AND audit_chain.journal_id = OLD.id"
)


def upgrade() -> None:
    """Apply."""
    _make_tables()
    op.add_column("journal", sa.Column("salt", sa.LargeBinary(), nullable=True))
    if on_postgres():
        _guard_on_postgres()
    else:
        _guard_on_sqlite()
    op.execute(
        "INSERT INTO audit_waiting (tenant_id, journal_id)"
        " SELECT tenant_id, id FROM journal ORDER BY at, id"
    )


def _make_tables() -> None:
    op.create_table(
        "audit_waiting",
        tenant(),
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("journal_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_waiting")),
    )
    op.create_table(
        "audit_chain",
        tenant(),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("journal_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("linked_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "position", name=op.f("pk_audit_chain")),
    )
    op.create_index("idx_audit_chain_journal_id", "audit_chain", ["journal_id"], unique=True)
    op.create_table(
        "audit_checkpoints",
        tenant(),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", moment(), nullable=False),
        sa.Column("pepper_version", sa.Integer(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("pk_audit_checkpoints")),
    )
    op.create_table(
        "audit_archives",
        tenant(),
        sa.Column("first_position", sa.BigInteger(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("checksum", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "first_position", name=op.f("pk_audit_archives")),
    )
    protect("audit_waiting", "audit_chain", "audit_checkpoints", "audit_archives")


def _guard_on_postgres() -> None:
    _function("audit_stays", "")
    _function("audit_stays_until_archived", f" IF EXISTS ({_ARCHIVED}) THEN RETURN OLD; END IF;")
    gone = " AND ".join(f"NEW.{name} IS NULL" for name in _ORIGIN)
    old, new = (", ".join(f"{row}.{name}" for name in _KEPT) for row in ("OLD", "NEW"))
    _function(
        "journal_stays",
        f" IF TG_OP = 'DELETE' AND EXISTS ({_ROW_ARCHIVED}) THEN RETURN OLD; END IF;"
        f" IF TG_OP = 'UPDATE' AND {gone} AND ROW({new}) IS NOT DISTINCT FROM ROW({old})"
        " THEN RETURN NEW; END IF;",
    )
    for table, when, which in (
        ("journal", "UPDATE OR DELETE", "journal_stays"),
        ("audit_chain", "UPDATE", "audit_stays"),
        ("audit_chain", "DELETE", "audit_stays_until_archived"),
        ("audit_checkpoints", "UPDATE OR DELETE", "audit_stays"),
        ("audit_archives", "UPDATE OR DELETE", "audit_stays"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_{which} BEFORE {when} ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {which}()"
        )
    for table in ("journal", "audit_chain", "audit_checkpoints", "audit_archives"):
        op.execute(
            f"CREATE TRIGGER {table}_stays_whole BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()"
        )
    op.execute(
        "CREATE FUNCTION journal_waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO audit_waiting (tenant_id, journal_id) SELECT tenant_id, id FROM added;"
        " RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER journal_waits AFTER INSERT ON journal REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION journal_waits()"
    )


def _function(name: str, but: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN{but}"
        f" RAISE EXCEPTION '{_WORDS}' USING ERRCODE = 'restrict_violation'; END $$"
    )


def _guard_on_sqlite() -> None:
    gone = " AND ".join(f"NEW.{name} IS NULL" for name in _ORIGIN)
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in _KEPT)
    for table, when, unless in (
        ("journal", "UPDATE", f"{gone} AND {same}"),
        ("journal", "DELETE", f"EXISTS ({_ROW_ARCHIVED})"),
        ("audit_chain", "UPDATE", "0"),
        ("audit_chain", "DELETE", f"EXISTS ({_ARCHIVED})"),
        ("audit_checkpoints", "UPDATE", "0"),
        ("audit_checkpoints", "DELETE", "0"),
        ("audit_archives", "UPDATE", "0"),
        ("audit_archives", "DELETE", "0"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_stays_on_{when.lower()} BEFORE {when} ON {table}"
            f" WHEN NOT ({unless}) BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
        )
    op.execute(
        "CREATE TRIGGER journal_waits AFTER INSERT ON journal BEGIN"
        " INSERT INTO audit_waiting (tenant_id, journal_id) VALUES (NEW.tenant_id, NEW.id); END"
    )
