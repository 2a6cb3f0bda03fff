"""The event queue: what the event outbox still owes, what became of it, and its dead letters.

due        what a destination may have now, with the fact, in order
settle     what became of a round, in one commit (`owed_events`)
backlogs   what is owed to each destination, and how many dead letters it has
retry      dead letters are due again, as if they had never been tried
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Integer,
    Text,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)

from watchword.plumbing.db import purging
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.event_outbox import EVENTS, event_outbox
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.owed_events import Backlog, EventResult, Outcome
from watchword.plumbing.db.ports import Database, Executor, Transaction
from watchword.plumbing.db.purging import deletion
from watchword.plumbing.db.statements import among, statement

_own = event_outbox.c
_waits = and_(_own.published_at.is_(None), _own.dead_at.is_(None))
_now = bindparam("now", type_=Moment)
_before = event_outbox.alias("before")

DUE = statement(
    select(
        _own.number,
        _own.event_id,
        _own.subject,
        _own.attempts,
        journal.c.at,
        journal.c.type,
        journal.c.facts,
    )
    .select_from(event_outbox.outerjoin(journal, journal.c.id == _own.event_id))
    .where(
        _own.destination == bindparam("destination"),
        _waits,
        or_(_own.due_at.is_(None), _own.due_at <= _now),
        ~exists().where(
            _before.c.destination == _own.destination,
            _before.c.subject == _own.subject,
            _before.c.number < _own.number,
            _before.c.published_at.is_(None),
            _before.c.dead_at.is_(None),
            _before.c.attempts
            > literal_column("0"),  # as in its index, also in a plan for any value
            _before.c.due_at > _now,
        ),
    )
    .order_by(_own.number)
    .limit(bindparam("most", type_=Integer))
)


PUBLISHED = among(
    _own.number,
    "numbers",
    update(event_outbox).values(published_at=_now, dead_at=null(), reason=null()).where,
)

_THIS = (_own.number == bindparam("which"), _waits)
DELAYED = statement(
    update(event_outbox)
    .where(*_THIS)
    .values(
        attempts=_own.attempts + 1,
        due_at=bindparam("later", type_=Moment),
        reason=bindparam("why"),
    )
)
DEAD = statement(
    update(event_outbox)
    .where(*_THIS)
    .values(attempts=_own.attempts + 1, dead_at=_now, reason=bindparam("why"))
)

_anywhere = bindparam("destination", type_=Text)
_here = or_(_anywhere.is_(None), _own.destination == _anywhere)
RETRY = statement(
    update(event_outbox)
    .where(_own.dead_at.is_not(None), _here)
    .values(dead_at=null(), attempts=0, due_at=null())
)

WAITING = statement(  # each of these two by an index that knows nothing of what was published
    select(
        _own.destination, func.count().label("number"), func.min(_own.created_at).label("oldest")
    )
    .where(_waits)
    .group_by(_own.destination)
)
DEAD_BY_DESTINATION = statement(
    select(_own.destination, func.count().label("number"))
    .where(_own.dead_at.is_not(None))
    .group_by(_own.destination)
)

DEAD_LETTERS = statement(
    select(
        _own.destination,
        _own.event_id,
        _own.subject,
        _own.attempts,
        _own.dead_at,
        _own.reason,
        journal.c.type,
    )
    .select_from(event_outbox.outerjoin(journal, journal.c.id == _own.event_id))
    .where(_own.dead_at.is_not(None), _here)
    .order_by(_own.number)
    .limit(bindparam("most", type_=Integer))
)

PURGE = deletion(event_outbox, _own.published_at < bindparam("before", type_=Moment))


async def due(db: Executor, destination: str, now: datetime, most: int) -> list[Any]:
    """Return what a destination may have now, with the fact, oldest first."""
    return await db.all(DUE, destination=destination, now=now, most=most)


async def settle(tx: Transaction, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write what became of a round."""
    published = [each.owed.number for each in outcomes if each.result is EventResult.PUBLISHED]
    if published:
        await tx.run(PUBLISHED, numbers=published, now=now)
    for each in outcomes:
        which = each.owed.number
        if each.result is EventResult.DELAYED:
            await tx.later(DELAYED, which=which, later=each.later, why=each.reason)
        elif each.result is EventResult.DEAD:
            await tx.later(DEAD, which=which, now=now, why=each.reason)


async def backlogs(db: Executor) -> list[Backlog]:
    """Return what is owed to each destination that is owed anything."""
    waiting = {row.destination: row for row in await db.all(WAITING)}
    dead = {row.destination: row.number for row in await db.all(DEAD_BY_DESTINATION)}
    return [
        Backlog(
            name,
            waiting=waiting[name].number if name in waiting else 0,
            dead=dead.get(name, 0),
            oldest=waiting[name].oldest if name in waiting else None,
        )
        for name in sorted({*waiting, *dead})
    ]


async def dead(db: Executor, destination: str | None, most: int) -> list[Any]:
    """Return dead letters, oldest first."""
    return await db.all(DEAD_LETTERS, destination=destination, most=most)


async def retry(tx: Transaction, destination: str | None) -> int:
    """Make dead letters due again; return how much that is."""
    number = await tx.run(RETRY, destination=destination)
    tx.announce(EVENTS)
    return number


async def purge(db: Database, before: datetime) -> int:
    """Forget what was published before a moment."""
    return await purging.purge(db, PURGE, before=before)
