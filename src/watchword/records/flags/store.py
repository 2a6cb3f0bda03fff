"""All SQL of flags."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Text, bindparam, delete, select

from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement, upsertion

flags = tenant_table(
    "flags",
    Column("name", Text, nullable=False),
    Column("holds_for", Text, nullable=False),
    Column("share", Integer, nullable=False),
    Column("changed_at", Moment, nullable=False),
    PrimaryKeyConstraint("tenant_id", "name", "holds_for"),
)

PUT = upsertion(
    flags,
    "name",
    "holds_for",
    "share",
    "changed_at",
    key=["tenant_id", "name", "holds_for"],
    values=lambda new: {"share": new.share, "changed_at": new.changed_at},
)
DROP = statement(
    delete(flags).where(
        flags.c.name == bindparam("which"), flags.c.holds_for == bindparam("tenant")
    )
)
EVERY = statement(
    select(flags.c.name, flags.c.holds_for, flags.c.share, flags.c.changed_at).order_by(
        flags.c.name, flags.c.holds_for
    )
)


async def put(tx: Executor, name: str, tenant: str, share: int, now: datetime) -> None:
    """Give a flag a share."""
    await tx.run(PUT, name=name, holds_for=tenant, share=share, changed_at=now)


async def drop(tx: Executor, name: str, tenant: str) -> None:
    """Leave a flag to its default, or to what holds for all."""
    await tx.run(DROP, which=name, tenant=tenant)


async def every(db: Executor) -> list[Any]:
    """Return all that is switched."""
    return await db.all(EVERY)
