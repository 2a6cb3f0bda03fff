"""All SQL of erasures and legal holds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)

from watchword.kernel.ids import SubscriberId
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import Kept, Personal, Told, Untold
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import insertion, novelty, statement
from watchword.records.erasures.rules import Erasure, Hold

_OPEN = text("undone_at IS NULL AND erased_at IS NULL")

erasures = tenant_table(
    "erasures",
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("undone_at", Moment),
    Column("erased_at", Moment),
    Index("idx_erasures_open", "user_id", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN),
    Index("idx_erasures_user_id", "user_id"),
    Index("idx_erasures_due_at", "due_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
)
legal_holds = tenant_table(
    "legal_holds",
    Column("user_id", Uuid, nullable=False),
    Column("since", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("tenant_id", "user_id"),
)

personal = (
    Personal(
        erasures,
        owner=erasures.c.user_id,
        told=Told("erasures", erasures.c.asked_at, erasures.c.due_at, erasures.c.undone_at),
        erased=Kept("the receipt, ids and moments alone; a restored backup is erased by it"),
    ),
    Personal(
        legal_holds,
        owner=legal_holds.c.user_id,
        told=Untold("an operator's note on a legal duty, which may be a secret of others"),
        erased=Kept("an account that is held is not erased"),
    ),
)

_NOW = bindparam("now", type_=Moment)
_FIELDS = tuple(column for column in erasures.columns if column.name != "tenant_id")
_STILL_OPEN = (erasures.c.undone_at.is_(None), erasures.c.erased_at.is_(None))
_HELD = select(legal_holds.c.user_id).where(legal_holds.c.user_id == erasures.c.user_id).exists()

ADD = statement(insertion(erasures, *(column.name for column in _FIELDS)))
ADD_NEW = novelty(erasures, *(column.name for column in _FIELDS), key=("id",))
BURY = statement(
    update(erasures)
    .where(erasures.c.id == bindparam("which"), erasures.c.erased_at.is_(None))
    .values(erased_at=bindparam("at", type_=Moment), undone_at=None)
)
OPEN_OF = statement(select(*_FIELDS).where(erasures.c.user_id == bindparam("whose"), *_STILL_OPEN))
DUE = statement(
    select(*_FIELDS)
    .where(*_STILL_OPEN, erasures.c.due_at <= _NOW, ~_HELD)
    .order_by(erasures.c.due_at, erasures.c.id)
    .limit(bindparam("size", type_=Integer))
)
UNDO = statement(
    update(erasures)
    .where(erasures.c.user_id == bindparam("whose"), *_STILL_OPEN)
    .values(undone_at=_NOW)
    .returning(erasures.c.id)
)
DONE = statement(update(erasures).where(erasures.c.id == bindparam("which")).values(erased_at=_NOW))
TOMBSTONES = statement(
    select(*_FIELDS)
    .where(erasures.c.erased_at.is_not(None), erasures.c.id > bindparam("after", type_=Uuid))
    .order_by(erasures.c.id)
    .limit(bindparam("size", type_=Integer))
)
COUNT = statement(
    select(
        func.count().label("asked"),
        func.count(erasures.c.undone_at).label("undone"),
        func.count(erasures.c.erased_at).label("erased"),
    )
)
HOLD = novelty(legal_holds, "user_id", "since", "reason", key=("tenant_id", "user_id"))
LIFT = statement(
    delete(legal_holds)
    .where(legal_holds.c.user_id == bindparam("whose"))
    .returning(legal_holds.c.user_id)
)
HELD = statement(
    select(legal_holds.c.user_id, legal_holds.c.since, legal_holds.c.reason).order_by(
        legal_holds.c.since
    )
)
IS_HELD = statement(
    select(legal_holds.c.user_id).where(legal_holds.c.user_id == bindparam("whose"))
)


async def add(tx: Executor, erasure: Erasure) -> None:
    """Write that an account is to be erased, or was."""
    await tx.run(ADD, **{column.name: getattr(erasure, column.name) for column in _FIELDS})


async def bury(tx: Executor, erasure: Erasure) -> None:
    """Write that an account was erased, unless that is known; what was asked for under its id is done."""
    if not await tx.run(BURY, which=erasure.id, at=erasure.erased_at):
        await tx.first(
            ADD_NEW, **{column.name: getattr(erasure, column.name) for column in _FIELDS}
        )


async def open_of(db: Executor, user_id: SubscriberId) -> Erasure | None:
    """Return the erasure that waits for an account."""
    row = await db.first(OPEN_OF, whose=user_id)
    return None if row is None else _read(row)


async def due(db: Executor, now: datetime, size: int) -> list[Erasure]:
    """Return erasures whose time has come, and which nothing holds up."""
    return [_read(row) for row in await db.all(DUE, now=now, size=size)]


async def undo(tx: Executor, user_id: SubscriberId, now: datetime) -> bool:
    """Undo what waits for an account; false when nothing does."""
    return await tx.first(UNDO, whose=user_id, now=now) is not None


async def done(tx: Executor, erasure_id: UUID, now: datetime) -> None:
    """Write that it happened."""
    await tx.run(DONE, which=erasure_id, now=now)


async def tombstones(db: Executor, after: UUID, size: int) -> list[Erasure]:
    """Return erasures that happened, after an id."""
    return [_read(row) for row in await db.all(TOMBSTONES, after=after, size=size)]


async def count(db: Executor) -> dict[str, int]:
    """Return how many were asked for, undone, and happened."""
    counted: dict[str, int] = (await db.first(COUNT))._asdict()
    return counted


async def hold(tx: Executor, user_id: SubscriberId, reason: str, now: datetime) -> bool:
    """Hold an account; false when it is held already."""
    return await tx.first(HOLD, user_id=user_id, since=now, reason=reason) is not None


async def lift(tx: Executor, user_id: SubscriberId) -> bool:
    """Lift the hold of an account; false when there is none."""
    return await tx.first(LIFT, whose=user_id) is not None


async def held(db: Executor) -> Sequence[Hold]:
    """Return every hold, the oldest first."""
    return [Hold(**row._asdict()) for row in await db.all(HELD)]


async def is_held(db: Executor, user_id: SubscriberId) -> bool:
    """Tell whether an account is held."""
    return await db.first(IS_HELD, whose=user_id) is not None


def _read(row: Any) -> Erasure:
    return Erasure(**row._asdict())
