"""All SQL of exports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Uuid,
    bindparam,
    null,
    or_,
    select,
    text,
    update,
)

from watchword.kernel.ids import SubscriberId
from watchword.plumbing.db import purging
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import DELETED, Personal, Told
from watchword.plumbing.db.ports import Database, Executor
from watchword.plumbing.db.purging import deletion
from watchword.plumbing.db.statements import insertion, statement
from watchword.records.exports.rules import Export

_OPEN = text("ready_at IS NULL AND failed_at IS NULL")

exports = tenant_table(
    "exports",
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("leased_until", Moment),
    Column("attempts", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("ready_at", Moment),
    Column("expires_at", Moment),
    Column("taken_at", Moment),
    Column("failed_at", Moment),
    Column("sealed", LargeBinary),
    Index("idx_exports_open", "user_id", unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN),
    Index("idx_exports_user_id", "user_id", "asked_at"),
)

personal = Personal(
    exports,
    owner=exports.c.user_id,
    told=Told("exports", exports.c.asked_at, exports.c.ready_at, exports.c.taken_at),
    erased=DELETED,
)

_NOW = bindparam("now", type_=Moment)
_FIELDS = tuple(column for column in exports.columns if column.name not in {"tenant_id", "sealed"})
_STILL_OPEN = (exports.c.ready_at.is_(None), exports.c.failed_at.is_(None))

ADD = statement(insertion(exports, "id", "user_id", "asked_at", "attempts", "done", "total"))
OF_USER = statement(
    select(*_FIELDS)
    .where(exports.c.user_id == bindparam("user_id"))
    .order_by(exports.c.asked_at.desc(), exports.c.id.desc())
    .limit(bindparam("most", type_=Integer))
)
_WAITING = (
    select(exports.c.id)
    .where(*_STILL_OPEN, or_(exports.c.leased_until.is_(None), exports.c.leased_until <= _NOW))
    .order_by(exports.c.asked_at)
    .limit(1)
    .with_for_update(skip_locked=True)
    .cte("waiting")
)
CLAIM = statement(
    update(exports)
    .where(exports.c.id.in_(select(_WAITING.c.id)))
    .values(
        attempts=exports.c.attempts + 1,
        leased_until=bindparam("lease", type_=Moment),
        done=0,
    )
    .returning(*_FIELDS)
)
_MINE = (
    exports.c.id == bindparam("which"),
    exports.c.attempts == bindparam("attempt"),
    *_STILL_OPEN,
)
PROGRESS = statement(
    update(exports)
    .where(*_MINE)
    .values(
        done=bindparam("written", type_=Integer),
        total=bindparam("whole", type_=Integer),
        leased_until=bindparam("lease", type_=Moment),
    )
)
FINISH = statement(
    update(exports)
    .where(*_MINE)
    .values(
        ready_at=_NOW,
        expires_at=bindparam("ends", type_=Moment),
        sealed=bindparam("bytes", type_=LargeBinary),
        done=exports.c.total,
        leased_until=null(),
    )
)
FAIL = statement(update(exports).where(*_MINE).values(failed_at=_NOW, leased_until=null()))
READ = statement(
    select(exports.c.sealed)
    .where(
        exports.c.id == bindparam("which"),
        exports.c.user_id == bindparam("user_id"),
        exports.c.taken_at.is_(None),
        exports.c.expires_at > _NOW,
    )
    .with_for_update()
)
TAKE = statement(
    update(exports).where(exports.c.id == bindparam("which")).values(taken_at=_NOW, sealed=null())
)
REPLACE = statement(
    update(exports)
    .where(exports.c.user_id == bindparam("whose"), exports.c.expires_at > _NOW)
    .values(expires_at=_NOW, sealed=null())
)
WIPE = statement(
    update(exports)
    .where(exports.c.expires_at <= _NOW, exports.c.sealed.is_not(None))
    .values(sealed=null())
)
PURGE = deletion(exports, exports.c.asked_at < bindparam("before", type_=Moment))


async def add(tx: Executor, export_id: UUID, user_id: SubscriberId, now: datetime) -> None:
    """Add an export that is to be prepared."""
    await tx.run(ADD, id=export_id, user_id=user_id, asked_at=now, attempts=0, done=0, total=0)


async def of_user(db: Executor, user_id: SubscriberId, most: int) -> list[Export]:
    """Return a subscriber's exports, the newest first."""
    return [_read(row) for row in await db.all(OF_USER, user_id=user_id, most=most)]


async def claim(db: Executor, now: datetime, lease: datetime) -> Export | None:
    """Lease the export that waits longest; nothing when none does."""
    row = await db.first(CLAIM, now=now, lease=lease)
    return None if row is None else _read(row)


async def progress(db: Executor, export: Export, done: int, total: int, lease: datetime) -> bool:
    """Note how far it is, and lease it on; false: it is somebody else's by now."""
    told = {"which": export.id, "attempt": export.attempts, "written": done, "whole": total}
    return await db.run(PROGRESS, **told, lease=lease) == 1


async def finish(
    tx: Executor, export: Export, sealed: bytes, ends: datetime, now: datetime
) -> bool:
    """Keep what was prepared; false: it is somebody else's by now."""
    told = {"which": export.id, "attempt": export.attempts, "bytes": sealed}
    return await tx.run(FINISH, **told, ends=ends, now=now) == 1


async def fail(db: Executor, export: Export, now: datetime) -> None:
    """Give it up."""
    await db.run(FAIL, which=export.id, attempt=export.attempts, now=now)


async def take(tx: Executor, export_id: UUID, user_id: SubscriberId, now: datetime) -> bytes | None:
    """Return the bytes of a subscriber's own export, for the last time; nothing when it has none."""
    row = await tx.first(READ, which=export_id, user_id=user_id, now=now)
    if row is None or row.sealed is None:
        return None
    await tx.run(TAKE, which=export_id, now=now)
    return bytes(row.sealed)


async def replace(tx: Executor, user_id: SubscriberId, now: datetime) -> None:
    """End what is ready: a newer one takes its place."""
    await tx.run(REPLACE, whose=user_id, now=now)


async def wipe(db: Executor, now: datetime) -> int:
    """Wipe what nobody took in time; return how many that were."""
    return await db.run(WIPE, now=now)


async def purge(db: Database, before: datetime) -> int:
    """Forget what was asked for before a moment; return how much."""
    return await purging.purge(db, PURGE, before=before)


def _read(row: Any) -> Export:
    return Export(**row._asdict())
