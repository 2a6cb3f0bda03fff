"""Words that revisions share. Released revisions stand on them: add, don't change."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op

from watchword.kernel.ids import DEFAULT_TENANT

_BROKEN_OFF = sa.text(
    "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
    " WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace"
)


def moment() -> sa.DateTime:
    """Return the type of a point in time (see plumbing/db/columns.Moment)."""
    return sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def tenant() -> sa.Column[object]:
    """Return the column that says whose a row is; nobody needs to write it."""
    default = (
        "current_setting('watchword.tenant')::uuid" if on_postgres() else f"'{DEFAULT_TENANT.hex}'"
    )
    return sa.Column("tenant_id", sa.Uuid(), server_default=sa.text(default), nullable=False)


def protect(*tables: str) -> None:
    """Let each tenant see and write its own rows only, the tables' owner included (PostgreSQL)."""
    if not on_postgres():
        return
    mine = "tenant_id = nullif(current_setting('watchword.tenant', true), '')::uuid"
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY tenant ON {table} USING ({mine}) WITH CHECK ({mine})")


@contextmanager
def concurrently() -> Iterator[dict[str, Any]]:
    """Build indexes while others write (`with` it, and give what it yields to op.create_index).

    On PostgreSQL that is outside a transaction and may wait long for older ones; the revision must
    hold nothing else, and say `if_not_exists=True`, so that it can be run again when it was broken off:
    what that left behind is no index that anybody may use, and goes first.
    In a script it is a plain index: tools run scripts in one transaction.
    """
    if not on_postgres() or op.get_context().as_sql:
        yield {}
        return
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        for broken in op.get_bind().scalars(_BROKEN_OFF).all():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {broken}")
        yield {"postgresql_concurrently": True}


def schema_of_views() -> str:
    """Return the schema of views for other systems: it stands beside ours, wherever that is (PostgreSQL)."""
    if op.get_context().as_sql:
        return "audit"
    ours = op.get_bind().scalar(sa.text("SELECT current_schema()::text"))
    return str(ours).replace("auth", "audit", 1)


def on_postgres() -> bool:
    """Tell which of the two databases this is."""
    return op.get_context().dialect.name == "postgresql"
