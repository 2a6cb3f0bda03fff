"""Leases: what only one process may do at a time, over all machines.

    take        it is mine for so long, unless somebody holds it; with `due`: nor has anybody done it
                for that moment or a later one
    give back   not done; with `done`: for that moment

A row for each name, on both databases alike. A killed holder's lease ends by itself; only the holder
can give it back. What a clock that was ahead wrote, moments of more than a day to come, counts for nothing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    Column,
    PrimaryKeyConstraint,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    null,
    or_,
    update,
)

from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement, upsertion

leases = tenant_table(
    "leases",
    Column("name", Text, nullable=False),
    Column("holder", Uuid),
    Column("until", Moment),
    Column("due_at", Moment),
    PrimaryKeyConstraint("tenant_id", "name"),
)

_AHEAD = timedelta(days=1)  # longer than any lease, or than clocks differ
_NOW, _TOO_LATE = bindparam("now", type_=Moment), bindparam("too_late", type_=Moment)
TAKE = upsertion(
    leases,
    "name",
    "holder",
    "until",
    key=["tenant_id", "name"],
    values=lambda new: {"holder": new.holder, "until": new.until},
    only=lambda _new: and_(
        or_(leases.c.until.is_(None), leases.c.until <= _NOW, leases.c.until > _TOO_LATE),
        or_(
            bindparam("due", type_=Moment).is_(None),
            leases.c.due_at.is_(None),
            leases.c.due_at < bindparam("due", type_=Moment),
            leases.c.due_at > _TOO_LATE,
        ),
    ),
)
GIVE_BACK = statement(
    update(leases)
    .where(leases.c.name == bindparam("which"), leases.c.holder == bindparam("whose", type_=Uuid))
    .values(
        holder=null(),
        until=null(),
        due_at=func.coalesce(bindparam("done", type_=Moment), leases.c.due_at),
    )
)


@dataclass(frozen=True, slots=True)
class Lease:
    """What somebody holds."""

    name: str
    holder: UUID


async def take(
    db: Executor,
    lease: Lease,
    now: datetime,
    lasts: timedelta,
    due: datetime | None = None,
) -> bool:
    """Take what nobody holds; false when somebody does, or it was done for `due` already."""
    row = await db.first(
        TAKE,
        name=lease.name,
        holder=lease.holder,
        until=now + lasts,
        due=due,
        now=now,
        too_late=now + _AHEAD,
    )
    return row is not None


async def give_back(db: Executor, lease: Lease, done: datetime | None = None) -> None:
    """Let others have it; nothing happens when it was lost meanwhile."""
    await db.run(GIVE_BACK, which=lease.name, whose=lease.holder, done=done)


@asynccontextmanager
async def alone(
    db: Executor, lease: Lease, now: datetime, lasts: timedelta, due: datetime | None = None
) -> AsyncIterator[bool]:
    """Hold it for a block, true, or do without, false; `due` is done when the block ends well."""
    if not await take(db, lease, now, lasts, due):
        yield False
        return
    done = None
    try:
        yield True
        done = due
    finally:
        await give_back(db, lease, done)
