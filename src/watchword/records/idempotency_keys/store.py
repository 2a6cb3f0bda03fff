"""All SQL of idempotency keys."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, PrimaryKeyConstraint, Uuid, bindparam

from watchword.plumbing.db import purging
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.db.purging import deletion
from watchword.plumbing.db.statements import upsertion

idempotency_keys = tenant_table(
    "idempotency_keys",
    Column("digest", LargeBinary, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("created_at", Moment, nullable=False),
    PrimaryKeyConstraint("tenant_id", "digest"),
    Index("idx_idempotency_keys_created_at", "created_at"),
)

KEEP = upsertion(
    idempotency_keys,
    "digest",
    "request",
    "id",
    "created_at",
    key=["tenant_id", "digest"],
    values=lambda _new: {"request": idempotency_keys.c.request},  # as it was, and the row is ours
    returning=[idempotency_keys.c.id, idempotency_keys.c.request],
)
PURGE = deletion(
    idempotency_keys, idempotency_keys.c.created_at < bindparam("before", type_=Moment)
)


async def keep(
    tx: Transaction, digest: bytes, request: bytes, entry: UUID, now: datetime
) -> tuple[UUID, bytes]:
    """Keep a key, or find it; return the entry that it has and what was asked for under it."""
    row: Any = await tx.first(KEEP, digest=digest, request=request, id=entry, created_at=now)
    return row.id, bytes(row.request)


async def purge(db: Database, before: datetime) -> int:
    """Delete keys that were kept before a moment."""
    return await purging.purge(db, PURGE, before=before)
