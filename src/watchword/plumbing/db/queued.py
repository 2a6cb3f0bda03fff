"""Queued work: what of the outbox waits, is under way or is dead, as operators see it and may change it.

kept, find          the pieces that still have their payload      dead_ids   all the dead of them
depth, dead_depth   how many wait; how many are dead
retry               due now, as if it had never been tried
drop                wiped, and never done

Nothing changes that a worker holds.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Integer, bindparam, false, func, literal, null, or_, select, update

from watchword.plumbing.db.changes import OUTBOX
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.outbox import outbox
from watchword.plumbing.db.pieces import DEAD, DROPPED, QueuedPiece
from watchword.plumbing.db.ports import Executor, Transaction
from watchword.plumbing.db.statements import statement

_FREE = or_(
    outbox.c.leased_until.is_(None), outbox.c.leased_until <= bindparam("now", type_=Moment)
)
_OPEN = (
    outbox.c.id == bindparam("wanted"),
    outbox.c.kind == bindparam("kind"),
    outbox.c.payload.is_not(None),
    _FREE,
)

RETRY = statement(
    update(outbox)
    .where(*_OPEN)
    .values(
        due_at=bindparam("now", type_=Moment),
        attempts=0,
        finished_at=null(),
        outcome=null(),
        perhaps_at=null(),
        leased_until=null(),
    )
)

DROP = statement(
    update(outbox)
    .where(*_OPEN)
    .values(
        finished_at=bindparam("now", type_=Moment),
        outcome=literal(DROPPED),
        payload=null(),
        leased_until=null(),
    )
)

_KEPT = (outbox.c.kind == bindparam("kind"), outbox.c.payload.is_not(None))

_FIELDS = (
    outbox.c.id,
    outbox.c.label,
    outbox.c.priority,
    outbox.c.created_at,
    outbox.c.due_at,
    outbox.c.expires_at,
    outbox.c.attempts,
    outbox.c.leased_until,
    outbox.c.finished_at,
    outbox.c.reason,
    outbox.c.perhaps_at,
    outbox.c.asked,
)

KEPT = statement(
    select(*_FIELDS)
    .where(
        *_KEPT,
        or_(literal(DEAD) == outbox.c.outcome, bindparam("dead_only", type_=Boolean).is_(false())),
    )
    .order_by(outbox.c.created_at, outbox.c.id)
    .limit(bindparam("most", type_=Integer))
)

DEAD_IDS = statement(
    select(outbox.c.id)
    .where(*_KEPT, outbox.c.outcome == literal(DEAD))
    .order_by(outbox.c.created_at, outbox.c.id)
)

FIND = statement(select(*_FIELDS).where(*_KEPT, outbox.c.id == bindparam("wanted")))

DEAD_DEPTH = statement(
    select(func.count().label("depth"))
    .select_from(outbox)
    .where(outbox.c.kind == bindparam("kind"), outbox.c.outcome == literal(DEAD))
)

DEPTH = statement(
    select(func.count().label("depth"))
    .select_from(outbox)
    .where(outbox.c.kind == bindparam("kind"), outbox.c.finished_at.is_(None))
)


async def kept(
    db: Executor, kind: str, now: datetime, most: int, *, dead_only: bool = False
) -> Sequence[QueuedPiece]:
    """Return what waits, is under way or is dead, oldest first."""
    rows = await db.all(KEPT, kind=kind, most=most, dead_only=dead_only)
    return [_read(row, now) for row in rows]


async def dead_ids(db: Executor, kind: str) -> Sequence[UUID]:
    """Return every dead piece, oldest first."""
    return [row.id for row in await db.all(DEAD_IDS, kind=kind)]


async def find(db: Executor, kind: str, wanted: UUID, now: datetime) -> QueuedPiece | None:
    """Return one piece that waits, is under way or is dead."""
    row = await db.first(FIND, kind=kind, wanted=wanted)
    return None if row is None else _read(row, now)


def _read(row: Any, now: datetime) -> QueuedPiece:
    told = row._asdict()
    state = _state(told.pop("finished_at"), told.pop("leased_until"), now)
    return QueuedPiece(state=state, **told)


def _state(finished: datetime | None, leased_until: datetime | None, now: datetime) -> str:
    if finished is not None:
        return DEAD
    return "under way" if leased_until is not None and leased_until > now else "waiting"


async def retry(tx: Transaction, kind: str, wanted: UUID, now: datetime) -> bool:
    """Make work due now, as if it had never been tried; false: not there, or under way."""
    done = await tx.run(RETRY, kind=kind, wanted=wanted, now=now) > 0
    if done:
        tx.announce(OUTBOX, kind)
    return done


async def drop(db: Executor, kind: str, wanted: UUID, now: datetime) -> bool:
    """Wipe work that shall never be done; false: not there, or under way."""
    return await db.run(DROP, kind=kind, wanted=wanted, now=now) > 0


async def dead_depth(db: Executor, kind: str) -> int:
    """Return how much work is dead, and is not yet purged."""
    row: Any = await db.first(DEAD_DEPTH, kind=kind)
    return int(row.depth)


async def depth(db: Executor, kind: str) -> int:
    """Return how much work waits."""
    row: Any = await db.first(DEPTH, kind=kind)
    return int(row.depth)
