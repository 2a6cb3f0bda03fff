"""The outbox: work to do after a transaction, written inside it. At least once, under a stable id.

    put      within the flow's transaction; the worker hears of it at the commit
    claim    a batch for this worker: leased, so a killed worker's work comes back, and says so (`lapsed`)
    ask      who gets a piece next, on a lease anew; nobody, once another worker has it
    settle   what became of a batch, in one statement, each piece for itself (`pieces`)
    forget   what is for somebody who is erased: wiped, whoever holds it

Claims skip what others hold (SKIP LOCKED on PostgreSQL, the one writer on SQLite). Only the holder of
a lease may settle its work: `attempts` is the lease's number. `asked` is whom the holder asks, written down
beforehand. `perhaps_at` is who may have a piece already, because nobody could tell what came of a try, or
because the worker was killed over it; it stays until an operator retries the piece.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    column,
    func,
    literal,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from watchword.kernel.messages import BULK
from watchword.plumbing.db import purging
from watchword.plumbing.db.changes import OUTBOX
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import Along, Personal, Untold
from watchword.plumbing.db.pieces import DEAD, DROPPED, EPOCH, LAPSED, Settled, Work
from watchword.plumbing.db.ports import Database, Executor, Transaction
from watchword.plumbing.db.purging import deletion
from watchword.plumbing.db.statements import Statement, insertion, statement

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
    Column("perhaps_at", Text),
    Column("asked", Text),
    Index(
        "idx_outbox_due",
        "kind",
        "priority",
        "due_at",
        postgresql_where=text("finished_at IS NULL"),
        sqlite_where=text("finished_at IS NULL"),
    ),
)

personal = Personal(
    outbox,
    owner=None,
    told=Untold("letters and texts on their way, sealed; the mailbox and the telephone tell them"),
    erased=Along("erasure: what is for one of the addresses is opened, found and wiped"),
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

_FIRST: Final = UUID(int=0)

_READY = (
    select(outbox.c.id)
    .where(
        outbox.c.kind == bindparam("kind"),
        outbox.c.finished_at.is_(None),
        outbox.c.priority <= bindparam("least_urgent", type_=Integer),
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

_LOST = outbox.c.leased_until.is_not(None)

CLAIM = statement(
    update(outbox)
    .where(outbox.c.id.in_(select(_READY.c.id)))
    .values(
        attempts=outbox.c.attempts + 1,
        leased_until=bindparam("lease", type_=Moment),
        reason=case((_LOST, literal(LAPSED)), else_=null()),
        perhaps_at=func.coalesce(outbox.c.perhaps_at, case((_LOST, outbox.c.asked))),
        asked=bindparam("asked", type_=Text),
    )
    .returning(
        outbox.c.id,
        outbox.c.label,
        outbox.c.priority,
        outbox.c.payload,
        outbox.c.attempts,
        outbox.c.created_at,
        outbox.c.expires_at,
        outbox.c.reason,
        outbox.c.perhaps_at,
    )
)

ASK = statement(
    update(outbox)
    .where(
        outbox.c.id == bindparam("work"),
        outbox.c.attempts == bindparam("attempt"),
        outbox.c.finished_at.is_(None),
    )
    .values(asked=bindparam("carrier", type_=Text), leased_until=bindparam("lease", type_=Moment))
)


def _settling(told: Any, later: Any) -> Any:
    """Write what became of each; `told` names the pieces, `later` is when those delayed are due."""
    dead_or_open = or_(told.c.outcome.is_(None), told.c.outcome == literal(DEAD))
    return (
        update(outbox)
        .where(
            outbox.c.id == told.c.id,
            outbox.c.attempts == told.c.attempt,
            outbox.c.finished_at.is_(None),
        )
        .values(
            finished_at=case((told.c.outcome.is_not(None), bindparam("now", type_=Moment))),
            outcome=told.c.outcome,
            reason=told.c.reason,
            perhaps_at=func.coalesce(told.c.perhaps_at, outbox.c.perhaps_at),
            due_at=func.coalesce(later, outbox.c.due_at),
            attempts=outbox.c.attempts - told.c.untried,
            payload=case((dead_or_open, outbox.c.payload)),
            leased_until=null(),
        )
        .returning(outbox.c.id)
    )


_SETTLED: Final[dict[str, Any]] = {
    "id": Uuid,
    "attempt": Integer,
    "outcome": Text,
    "reason": Text,
    "perhaps_at": Text,
    "later": BigInteger,
    "untried": Integer,
}


def _told_to_postgres() -> Any:
    rows = func.jsonb_to_recordset(cast(bindparam("settled", type_=Text), JSONB))
    columns = [column(name, kind) for name, kind in _SETTLED.items()]
    return rows.table_valued(*columns, name="told").render_derived(with_types=True)


def _told_to_sqlite() -> Any:
    each = func.json_each(bindparam("settled", type_=Text)).table_valued("value")
    columns = [
        func.json_extract(each.c.value, f"$.{name}", type_=kind()).label(name)
        for name, kind in _SETTLED.items()
    ]
    return select(*columns).subquery("told")


def _settle() -> Statement:
    told, there = _told_to_postgres(), _told_to_sqlite()
    later = literal(EPOCH, type_=Moment) + told.c.later * text("interval '1 microsecond'")
    return Statement(_settling(told, later), _settling(there, there.c.later))


SETTLE = _settle()

PAYLOADS = statement(
    select(outbox.c.id, outbox.c.payload)
    .where(
        outbox.c.kind == bindparam("kind"),
        outbox.c.payload.is_not(None),
        outbox.c.id > bindparam("after", type_=Uuid),
    )
    .order_by(outbox.c.id)
    .limit(bindparam("most", type_=Integer))
)
WIPE = statement(
    update(outbox)
    .where(outbox.c.id == bindparam("wanted"))
    .values(
        finished_at=func.coalesce(outbox.c.finished_at, bindparam("now", type_=Moment)),
        outcome=literal(DROPPED),
        payload=null(),
        leased_until=null(),
    )
)

PURGE = deletion(outbox, outbox.c.finished_at < bindparam("before", type_=Moment))


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
    db: Executor,
    kind: str,
    now: datetime,
    lease: timedelta,
    batch: int,
    asked: str | None = None,
    least_urgent: int = BULK,
) -> Sequence[Work]:
    """Lease up to `batch` pieces of work, most urgent first; `asked` is who will be asked first.

    What is less urgent than `least_urgent` is left.
    """
    rows = await db.all(
        CLAIM,
        kind=kind,
        now=now,
        lease=now + lease,
        batch=batch,
        asked=asked,
        least_urgent=least_urgent,
    )
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
            r.reason == LAPSED,
            r.perhaps_at,
            asked,
        )
        for r in rows
    ]
    return sorted(work, key=lambda each: (each.priority, each.created_at, each.id))


async def ask(db: Executor, work: Work, carrier: str, until: datetime) -> bool:
    """Write down who is asked next, and lease the work until then; false: another worker has it."""
    told = {"work": work.id, "attempt": work.attempts, "carrier": carrier, "lease": until}
    return await db.run(ASK, **told) == 1


async def settle(db: Executor, settled: Sequence[Settled], now: datetime) -> frozenset[UUID]:
    """Write what became of a batch; return the ids of those whose lease was still held."""
    told = json.dumps([each.as_row() for each in settled])
    return frozenset(row.id for row in await db.all(SETTLE, settled=told, now=now))


async def forget(
    tx: Executor, kind: str, theirs: Callable[[UUID, bytes], bool], now: datetime
) -> int:
    """Wipe what is theirs; return how much was. Whoever holds a piece finds that it lost the lease."""
    wiped, after = 0, _FIRST
    while rows := await tx.all(PAYLOADS, kind=kind, after=after, most=purging.BATCH):
        for row in rows:
            if theirs(row.id, bytes(row.payload)):
                wiped += await tx.run(WIPE, wanted=row.id, now=now)
        after = rows[-1].id
    return wiped


async def purge(db: Database, before: datetime) -> int:
    """Delete work settled before a moment."""
    return await purging.purge(db, PURGE, before=before)
