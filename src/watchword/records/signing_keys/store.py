"""All SQL of signing keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, Text, bindparam, delete, select, text, update

from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import insertion, statement
from watchword.records.signing_keys.rules import ACTIVE, RETIRED

_ONE_ACTIVE = text(f"state = '{ACTIVE}'")

signing_keys = tenant_table(
    "signing_keys",
    Column("kid", Text, primary_key=True),
    Column("algorithm", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("retired_at", Moment),
    Index(
        "idx_signing_keys_active",
        "tenant_id",
        unique=True,
        postgresql_where=_ONE_ACTIVE,
        sqlite_where=_ONE_ACTIVE,
    ),
)

ALL = statement(
    select(
        signing_keys.c.kid,
        signing_keys.c.algorithm,
        signing_keys.c.sealed,
        signing_keys.c.state,
        signing_keys.c.created_at,
        signing_keys.c.retired_at,
    ).order_by(signing_keys.c.created_at.desc())
)
INSERT = statement(insertion(signing_keys, "kid", "algorithm", "sealed", "state", "created_at"))
RETIRE = statement(
    update(signing_keys)
    .where(signing_keys.c.state == ACTIVE)
    .values(state=RETIRED, retired_at=bindparam("now", type_=Moment))
)
PURGE = statement(
    delete(signing_keys).where(signing_keys.c.retired_at < bindparam("before", type_=Moment))
)


async def every(db: Executor) -> list[Any]:
    """Return every key, the newest first."""
    return await db.all(ALL)


async def insert(tx: Executor, kid: str, algorithm: str, sealed: bytes, now: datetime) -> None:
    """Add the active key; `Taken` when there is one."""
    await tx.run(INSERT, kid=kid, algorithm=algorithm, sealed=sealed, state=ACTIVE, created_at=now)


async def retire(tx: Executor, now: datetime) -> int:
    """Let the active key sign no more."""
    return await tx.run(RETIRE, now=now)


async def purge(db: Executor, before: datetime) -> int:
    """Delete keys retired before a moment."""
    return await db.run(PURGE, before=before)
