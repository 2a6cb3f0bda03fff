"""Leases: what only one process may do at a time, over all machines.

    take        it is mine for so long, unless somebody holds it; with `due`: nor has anybody taken it
                for that moment or a later one
    give back   done

A row for each name, on both databases alike. A killed holder's lease ends by itself; only the holder
can give it back.
"""

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

_NOW = bindparam("now", type_=Moment)
TAKE = upsertion(
    leases,
    "name",
    "holder",
    "until",
    "due_at",
    key=["tenant_id", "name"],
    values=lambda new: {
        "holder": new.holder,
        "until": new.until,
        "due_at": func.coalesce(new.due_at, leases.c.due_at),
    },
    only=lambda new: and_(
        or_(leases.c.until.is_(None), leases.c.until <= _NOW),
        or_(new.due_at.is_(None), leases.c.due_at.is_(None), leases.c.due_at < new.due_at),
    ),
)
GIVE_BACK = statement(
    update(leases)
    .where(leases.c.name == bindparam("which"), leases.c.holder == bindparam("whose", type_=Uuid))
    .values(holder=null(), until=null())
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
        TAKE, name=lease.name, holder=lease.holder, until=now + lasts, due_at=due, now=now
    )
    return row is not None


async def give_back(db: Executor, lease: Lease) -> None:
    """Let others have it; nothing happens when it was lost meanwhile."""
    await db.run(GIVE_BACK, which=lease.name, whose=lease.holder)
