"""The outbox: work to do after a transaction, written inside it. At least once, under a stable id.

    put      within the flow's transaction; the worker hears of it at the commit
    claim    a batch for this worker: leased, so a killed worker's work comes back
    finish   done: the payload is wiped        retry   later, with the reason
    bury     given up; the payload stays, so that an operator may `revive` it
    give_back   not tried at all: it does not count as a try

Claims skip what others hold (SKIP LOCKED on PostgreSQL, the one writer on SQLite). Only the holder of
a lease may settle its work: `attempts` is the lease's number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    text,
    update,
)

from watchword.plumbing.db.changes import OUTBOX
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.ports import Executor, Transaction
from watchword.plumbing.db.statements import insertion, statement

DEAD, DROPPED = "dead", "dropped"

outbox = tenant_table(
    "outbox",
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("payload", LargeBinary),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("attempts", Integer, nullable=False),
    Column("leased_until", Moment),
    Column("finished_at", Moment),
    Column("outcome", Text),
    Column("reason", Text),
    Index(
        "idx_outbox_due",
        "kind",
        "priority",
        "due_at",
        postgresql_where=text("finished_at IS NULL"),
        sqlite_where=text("finished_at IS NULL"),
    ),
)

PUT = statement(
    insertion(
        outbox,
        "id",
        "kind",
        "label",
        "priority",
        "payload",
        "created_at",
        "due_at",
        "expires_at",
        "attempts",
    )
)

_READY = (
    select(outbox.c.id)
    .where(
        outbox.c.kind == bindparam("kind"),
        outbox.c.finished_at.is_(None),
        outbox.c.due_at <= bindparam("now", type_=Moment),
        or_(
            outbox.c.leased_until.is_(None), outbox.c.leased_until <= bindparam("now", type_=Moment)
        ),
    )
    .order_by(outbox.c.priority, outbox.c.due_at)
    .limit(bindparam("batch", type_=Integer))
    .with_for_update(skip_locked=True)
    .cte("ready")  # read once, whatever the planner joins it with
)

CLAIM = statement(
    update(outbox)
    .where(outbox.c.id.in_(select(_READY.c.id)))
    .values(attempts=outbox.c.attempts + 1, leased_until=bindparam("lease", type_=Moment))
    .returning(
        outbox.c.id,
        outbox.c.label,
        outbox.c.priority,
        outbox.c.payload,
        outbox.c.attempts,
        outbox.c.created_at,
        outbox.c.expires_at,
    )
)

_HELD = (
    outbox.c.id == bindparam("held"),
    outbox.c.attempts == bindparam("attempt"),
    outbox.c.finished_at.is_(None),
)

SETTLE = statement(
    update(outbox)
    .where(*_HELD)
    .values(
        finished_at=bindparam("now", type_=Moment),
        outcome=bindparam("how", type_=Text),
        reason=bindparam("why", type_=Text),
        payload=null(),
        leased_until=null(),
    )
)

RETRY = statement(
    update(outbox)
    .where(*_HELD)
    .values(
        due_at=bindparam("later", type_=Moment),
        reason=bindparam("why", type_=Text),
        leased_until=null(),
    )
)

BURY = statement(
    update(outbox)
    .where(*_HELD)
    .values(
        finished_at=bindparam("now", type_=Moment),
        outcome=literal(DEAD),
        reason=bindparam("why", type_=Text),
        leased_until=null(),
    )
)

GIVE_BACK = statement(
    update(outbox)
    .where(*_HELD)
    .values(
        attempts=outbox.c.attempts - 1,
        due_at=bindparam("later", type_=Moment),
        leased_until=null(),
    )
)

_FREE = or_(
    outbox.c.leased_until.is_(None), outbox.c.leased_until <= bindparam("now", type_=Moment)
)
_OPEN = (
    outbox.c.id == bindparam("wanted"),
    outbox.c.kind == bindparam("kind"),
    outbox.c.payload.is_not(None),
    _FREE,
)

REVIVE = statement(
    update(outbox)
    .where(*_OPEN)
    .values(
        due_at=bindparam("now", type_=Moment),
        attempts=0,
        finished_at=null(),
        outcome=null(),
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

KEPT = statement(
    select(
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
    )
    .where(*_KEPT)
    .order_by(outbox.c.created_at, outbox.c.id)
    .limit(bindparam("most", type_=Integer))
)

BURIED = statement(
    select(func.count().label("depth"))
    .select_from(outbox)
    .where(outbox.c.kind == bindparam("kind"), outbox.c.outcome == literal(DEAD))
)

PURGE = statement(delete(outbox).where(outbox.c.finished_at < bindparam("before", type_=Moment)))

DEPTH = statement(
    select(func.count().label("depth")).select_from(outbox).where(outbox.c.finished_at.is_(None))
)


@dataclass(frozen=True, slots=True)
class Work:
    """One leased piece of work; `attempts` counts from 1."""

    id: UUID
    label: str
    priority: int
    payload: bytes
    attempts: int
    created_at: datetime
    expires_at: datetime | None
    leased_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A piece of work that waits, is under way, or was given up: `state`."""

    id: UUID
    label: str
    state: str
    priority: int
    attempts: int
    created_at: datetime
    due_at: datetime
    expires_at: datetime | None
    reason: str | None


async def put(
    tx: Transaction,
    *,
    id: UUID,  # noqa: A002 - the column's name
    kind: str,
    label: str,
    payload: bytes,
    now: datetime,
    priority: int = 5,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Write the work with the facts that ask for it."""
    await tx.later(
        PUT,
        id=id,
        kind=kind,
        label=label,
        priority=priority,
        payload=payload,
        created_at=now,
        due_at=due_at or now,
        expires_at=expires_at,
        attempts=0,
    )
    tx.announce(OUTBOX, kind)


async def claim(
    db: Executor, kind: str, now: datetime, lease: timedelta, batch: int
) -> Sequence[Work]:
    """Lease up to `batch` pieces of work, most urgent first."""
    rows = await db.all(CLAIM, kind=kind, now=now, lease=now + lease, batch=batch)
    work = [
        Work(
            r.id,
            r.label,
            r.priority,
            bytes(r.payload or b""),
            r.attempts,
            r.created_at,
            r.expires_at,
            now + lease,
        )
        for r in rows
    ]
    return sorted(work, key=lambda each: (each.priority, each.created_at, each.id))


async def finish(db: Executor, work: Work, now: datetime, outcome: str, reason: str = "") -> bool:
    """Settle the work for good and wipe its payload; false when the lease was lost."""
    return (
        await db.run(
            SETTLE, held=work.id, attempt=work.attempts, now=now, how=outcome, why=reason or None
        )
        > 0
    )


async def retry(db: Executor, work: Work, later: datetime, reason: str) -> bool:
    """Put the work back until `later`; false when the lease was lost."""
    return await db.run(RETRY, held=work.id, attempt=work.attempts, later=later, why=reason) > 0


async def bury(db: Executor, work: Work, now: datetime, reason: str) -> bool:
    """Give the work up, but keep it for an operator; false when the lease was lost."""
    return await db.run(BURY, held=work.id, attempt=work.attempts, now=now, why=reason) > 0


async def give_back(db: Executor, work: Work, later: datetime) -> bool:
    """Put back until `later` work that was not tried; false when the lease was lost."""
    return await db.run(GIVE_BACK, held=work.id, attempt=work.attempts, later=later) > 0


async def kept(db: Executor, kind: str, now: datetime, most: int) -> Sequence[Kept]:
    """Return what waits, is under way or was given up, oldest first."""
    rows = await db.all(KEPT, kind=kind, most=most)
    return [
        Kept(
            id=r.id,
            label=r.label,
            state=_state(r.finished_at, r.leased_until, now),
            priority=r.priority,
            attempts=r.attempts,
            created_at=r.created_at,
            due_at=r.due_at,
            expires_at=r.expires_at,
            reason=r.reason,
        )
        for r in rows
    ]


def _state(finished: datetime | None, leased_until: datetime | None, now: datetime) -> str:
    if finished is not None:
        return DEAD
    return "under way" if leased_until is not None and leased_until > now else "waiting"


async def revive(tx: Transaction, kind: str, wanted: UUID, now: datetime) -> bool:
    """Make work due now, with all its tries before it; false: not there, or under way."""
    done = await tx.run(REVIVE, kind=kind, wanted=wanted, now=now) > 0
    if done:
        tx.announce(OUTBOX, kind)
    return done


async def drop(db: Executor, kind: str, wanted: UUID, now: datetime) -> bool:
    """Wipe work that shall never be done; false: not there, or under way."""
    return await db.run(DROP, kind=kind, wanted=wanted, now=now) > 0


async def buried(db: Executor, kind: str) -> int:
    """Return how much work was given up, and is not yet purged."""
    row: Any = await db.first(BURIED, kind=kind)
    return int(row.depth)


async def depth(db: Executor) -> int:
    """Return how much work waits."""
    row: Any = await db.first(DEPTH)
    return int(row.depth)


async def purge(db: Executor, before: datetime) -> int:
    """Delete work settled before a moment."""
    return await db.run(PURGE, before=before)
