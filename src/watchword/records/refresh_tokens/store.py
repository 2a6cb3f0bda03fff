"""All SQL of refresh tokens."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Uuid, bindparam, update

from watchword.plumbing.db import purging
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import Along, Personal, Untold
from watchword.plumbing.db.ports import Database, Executor, Transaction
from watchword.plumbing.db.purging import deletion
from watchword.plumbing.db.statements import insertion, statement

refresh_tokens = tenant_table(
    "refresh_tokens",
    Column("id", Uuid, primary_key=True),
    Column("session_id", Uuid, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("seed", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("used_by", LargeBinary),
    Column("successor_id", Uuid),
    Index("idx_refresh_tokens_digest", "digest", unique=True),
    Index("idx_refresh_tokens_session_id", "session_id"),
    Index("idx_refresh_tokens_expires_at", "expires_at"),
)

personal = Personal(
    refresh_tokens,
    owner=refresh_tokens.c.session_id,
    told=Untold("digests of secrets; the sessions that they belong to are told"),
    erased=Along("sessions: the database deletes them with their session"),
)

INSERT = statement(
    insertion(refresh_tokens, "id", "session_id", "digest", "seed", "created_at", "expires_at")
)
USE = statement(
    update(refresh_tokens)
    .where(
        refresh_tokens.c.digest == bindparam("digest"),
        refresh_tokens.c.used_at.is_(None),
        refresh_tokens.c.expires_at > bindparam("now", type_=Moment),
    )
    .values(
        used_at=bindparam("now", type_=Moment),
        used_by=bindparam("client", type_=LargeBinary),
        successor_id=bindparam("successor", type_=Uuid),
    )
    .returning(refresh_tokens.c.session_id)
)
PURGE = deletion(refresh_tokens, refresh_tokens.c.expires_at < bindparam("before", type_=Moment))


async def insert(tx: Executor, **values: Any) -> None:
    """Add a token's row, with the commit."""
    await tx.later(INSERT, **values)


async def use(
    tx: Transaction, digest: bytes, client: bytes, successor: UUID, now: datetime
) -> None:
    """Use a token up with the commit. `Unmet` then: it was used, expired or never was."""
    await tx.provided(USE, digest=digest, client=client, successor=successor, now=now)


async def purge(db: Database, before: datetime) -> int:
    """Delete tokens that expired before a moment."""
    return await purging.purge(db, PURGE, before=before)
