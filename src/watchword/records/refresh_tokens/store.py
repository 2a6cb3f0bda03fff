"""All SQL of refresh tokens."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Uuid,
    bindparam,
    delete,
    select,
    update,
)

from watchword.kernel.ids import SessionId
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.ports import Executor
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
_successor = refresh_tokens.alias("successor")
LOOK = statement(
    select(
        refresh_tokens.c.session_id,
        refresh_tokens.c.used_at,
        refresh_tokens.c.used_by,
        refresh_tokens.c.expires_at,
        _successor.c.seed,
        _successor.c.used_at.label("successor_used_at"),
        _successor.c.expires_at.label("successor_expires_at"),
    )
    .select_from(
        refresh_tokens.outerjoin(_successor, _successor.c.id == refresh_tokens.c.successor_id)
    )
    .where(refresh_tokens.c.digest == bindparam("digest"))
)
PURGE = statement(
    delete(refresh_tokens).where(refresh_tokens.c.expires_at < bindparam("before", type_=Moment))
)


async def insert(tx: Executor, **values: Any) -> None:
    """Add a token's row, with the commit."""
    await tx.later(INSERT, **values)


async def use(
    tx: Executor, digest: bytes, client: bytes, successor: UUID, now: datetime
) -> SessionId | None:
    """Use a token up; return its session, or nothing when it was used, expired or never was."""
    row: Any = await tx.first(USE, digest=digest, client=client, successor=successor, now=now)
    return None if row is None else row.session_id


async def look(db: Executor, digest: bytes) -> Any:
    """Return a token's row and its successor's seed and use."""
    return await db.first(LOOK, digest=digest)


async def purge(db: Executor, before: datetime) -> int:
    """Delete tokens that expired before a moment."""
    return await db.run(PURGE, before=before)
