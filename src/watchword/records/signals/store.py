"""All SQL of signals: when each was last raised of each subject."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    bindparam,
    select,
)

from watchword.plumbing.db import purging
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.ports import Database, Executor
from watchword.plumbing.db.purging import deletion
from watchword.plumbing.db.statements import statement, upsertion

signals = tenant_table(
    "signals",
    Column("subject", LargeBinary, nullable=False),
    Column("raised_at", Moment, nullable=False),
    PrimaryKeyConstraint("tenant_id", "subject"),
    Index("idx_signals_raised_at", "raised_at"),
)

RAISE = upsertion(
    signals,
    "subject",
    "raised_at",
    key=["tenant_id", "subject"],
    values=lambda new: {"raised_at": new.raised_at},
    only=lambda _new: signals.c.raised_at <= bindparam("rested", type_=Moment),
)
SINCE = statement(
    select(signals.c.subject, signals.c.raised_at).where(
        signals.c.raised_at > bindparam("after", type_=Moment)
    )
)
PURGE = deletion(signals, signals.c.raised_at < bindparam("before", type_=Moment))


async def raised(tx: Executor, subject: bytes, at: datetime, rested: datetime) -> bool:
    """Write that a signal is raised at a moment; false: it was raised after `rested` already."""
    row: Any = await tx.first(RAISE, subject=subject, raised_at=at, rested=rested)
    return row is not None


async def since(db: Executor, after: datetime) -> dict[bytes, datetime]:
    """Return when each subject was last told of, if after a moment."""
    return {bytes(row.subject): row.raised_at for row in await db.all(SINCE, after=after)}


async def purge(db: Database, before: datetime) -> int:
    """Delete what was raised before a moment; return how many rows."""
    return await purging.purge(db, PURGE, before=before)
