"""All SQL of receipts."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary, PrimaryKeyConstraint, bindparam

from watchword.plumbing.db import purging
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.ports import Database, Executor
from watchword.plumbing.db.purging import deletion
from watchword.plumbing.db.statements import novelty

receipts = tenant_table(
    "receipts",
    Column("digest", LargeBinary, nullable=False),
    Column("expires_at", Moment, nullable=False),
    PrimaryKeyConstraint("tenant_id", "digest"),
    Index("idx_receipts_expires_at", "expires_at"),
)

KEEP = novelty(receipts, "digest", "expires_at", key=("tenant_id", "digest"))
PURGE = deletion(receipts, receipts.c.expires_at <= bindparam("now", type_=Moment))


async def keep(tx: Executor, digest: bytes, expires_at: datetime) -> bool:
    """Keep a receipt; false when it is there already."""
    return await tx.first(KEEP, digest=digest, expires_at=expires_at) is not None


async def purge(db: Database, now: datetime) -> int:
    """Delete receipts that are over."""
    return await purging.purge(db, PURGE, now=now)
