"""All SQL of events: what is due, what became of it, and what an operator asks for."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Integer,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from watchword.plumbing.db import purging
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.event_outbox import COLUMNS, EVENTS, event_outbox
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.ports import Database, Executor, Transaction
from watchword.plumbing.db.purging import deletion
from watchword.plumbing.db.statements import Statement, statement
from watchword.plumbing.events.envelope import Noted
from watchword.records.events.rules import Backlog, Chosen, Outcome, Result

_own = event_outbox.c
_waits = and_(_own.published_at.is_(None), _own.parked_at.is_(None))
_now = bindparam("now", type_=Moment)
_before = event_outbox.alias("before")

DUE = statement(
    select(
        _own.number,
        _own.event_id,
        _own.subject,
        _own.attempts,
        _own.created_at,
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
            _before.c.parked_at.is_(None),
            _before.c.attempts
            > literal_column("0"),  # as in its index, also in a plan for any value
            _before.c.due_at > _now,
        ),
    )
    .order_by(_own.number)
    .limit(bindparam("most", type_=Integer))
)


def _among(numbers: str) -> tuple[Any, Any]:
    """Compare with a list of numbers, as PostgreSQL and as SQLite take one."""
    there = func.json_each(bindparam(numbers, type_=JSON)).table_valued("value")
    return (
        _own.number == any_(bindparam(numbers, type_=ARRAY(BigInteger))),
        _own.number.in_(select(there.c.value)),
    )


def _publish() -> Statement:
    done = update(event_outbox).values(published_at=_now, parked_at=null(), reason=null())
    postgres, sqlite = _among("numbers")
    return Statement(done.where(postgres), done.where(sqlite))


PUBLISHED = _publish()

_THIS = (_own.number == bindparam("which"), _waits)
PUT_BACK = statement(
    update(event_outbox)
    .where(*_THIS)
    .values(
        attempts=_own.attempts + 1,
        due_at=bindparam("later", type_=Moment),
        reason=bindparam("why"),
    )
)
PARK = statement(
    update(event_outbox)
    .where(*_THIS)
    .values(attempts=_own.attempts + 1, parked_at=_now, reason=bindparam("why"))
)

_anywhere = bindparam("destination", type_=Text)
_here = or_(_anywhere.is_(None), _own.destination == _anywhere)
REVIVE = statement(
    update(event_outbox)
    .where(_own.parked_at.is_not(None), _here)
    .values(parked_at=null(), attempts=0, due_at=null())
)


def _chosen() -> Any:
    """Say which facts of the journal are meant; what is not said does not restrict."""
    since, until = bindparam("since", type_=Moment), bindparam("until", type_=Moment)
    wanted, subject = bindparam("wanted", type_=Uuid), bindparam("subject", type_=Uuid)
    return and_(
        or_(since.is_(None), journal.c.at >= since),
        or_(until.is_(None), journal.c.at < until),
        or_(wanted.is_(None), journal.c.id == wanted),
        or_(subject.is_(None), journal.c.user_id == subject),
    )


def _of_types() -> tuple[Any, Any]:
    there = func.json_each(bindparam("types", type_=JSON)).table_valued("value")
    return (
        journal.c.type == any_(bindparam("types", type_=ARRAY(Text))),
        journal.c.type.in_(select(there.c.value)),
    )


def _again() -> Statement:
    def build(of_types: Any) -> Any:
        facts = (
            select(
                bindparam("destination", type_=Text),
                journal.c.id,
                journal.c.user_id,
                bindparam("now", type_=Moment),
                literal(0, type_=Integer),
            )
            .where(of_types, _chosen())
            .order_by(journal.c.at, journal.c.id)
        )
        return insert(event_outbox).from_select(list(COLUMNS), facts).inline()

    return Statement(*(build(of_types) for of_types in _of_types()))


AGAIN = _again()


def _read() -> Statement:
    def build(of_types: Any) -> Any:
        return (
            select(journal.c.id, journal.c.at, journal.c.type, journal.c.user_id, journal.c.facts)
            .where(of_types, _chosen())
            .order_by(journal.c.at.desc(), journal.c.id.desc())
            .limit(bindparam("most", type_=Integer))
        )

    return Statement(*(build(of_types) for of_types in _of_types()))


NEWEST = _read()


def _number() -> Statement:
    def build(of_types: Any) -> Any:
        return select(func.count().label("number")).select_from(journal).where(of_types, _chosen())

    return Statement(*(build(of_types) for of_types in _of_types()))


NUMBER = _number()

WAITING = statement(  # each of these two by an index that knows nothing of what was published
    select(
        _own.destination, func.count().label("number"), func.min(_own.created_at).label("oldest")
    )
    .where(_waits)
    .group_by(_own.destination)
)
PARKED_BY_DESTINATION = statement(
    select(_own.destination, func.count().label("number"))
    .where(_own.parked_at.is_not(None))
    .group_by(_own.destination)
)

PARKED = statement(
    select(
        _own.destination,
        _own.event_id,
        _own.subject,
        _own.attempts,
        _own.parked_at,
        _own.reason,
        journal.c.type,
    )
    .select_from(event_outbox.outerjoin(journal, journal.c.id == _own.event_id))
    .where(_own.parked_at.is_not(None), _here)
    .order_by(_own.number)
    .limit(bindparam("most", type_=Integer))
)

PURGE = deletion(event_outbox, _own.published_at < bindparam("before", type_=Moment))


async def due(db: Executor, destination: str, now: datetime, most: int) -> list[Any]:
    """Return what a destination may have now, with the fact, oldest first."""
    return await db.all(DUE, destination=destination, now=now, most=most)


async def settle(tx: Transaction, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write what became of a round."""
    published = [each.owed.number for each in outcomes if each.result is Result.PUBLISHED]
    if published:
        await tx.run(PUBLISHED, numbers=published, now=now)
    for each in outcomes:
        which = each.owed.number
        if each.result is Result.DELAYED:
            await tx.later(PUT_BACK, which=which, later=each.later, why=each.reason)
        elif each.result is Result.PARKED:
            await tx.later(PARK, which=which, now=now, why=each.reason)


async def backlogs(db: Executor) -> list[Backlog]:
    """Return what is owed to each destination that is owed anything."""
    waiting = {row.destination: row for row in await db.all(WAITING)}
    parked = {row.destination: row.number for row in await db.all(PARKED_BY_DESTINATION)}
    return [
        Backlog(
            name,
            waiting=waiting[name].number if name in waiting else 0,
            parked=parked.get(name, 0),
            oldest=waiting[name].oldest if name in waiting else None,
        )
        for name in sorted({*waiting, *parked})
    ]


async def parked(db: Executor, destination: str | None, most: int) -> list[Any]:
    """Return what was parked, oldest first."""
    return await db.all(PARKED, destination=destination, most=most)


async def revive(tx: Transaction, destination: str | None) -> int:
    """Make what was parked due again; return how much that is."""
    number = await tx.run(REVIVE, destination=destination)
    tx.announce(EVENTS)
    return number


async def again(tx: Transaction, destination: str, chosen: Chosen, now: datetime) -> int:
    """Owe facts of the journal to a destination once more; return how many that are."""
    number = await tx.run(AGAIN, destination=destination, now=now, **asdict(chosen))
    tx.announce(EVENTS)
    return number


async def number(db: Executor, chosen: Chosen) -> int:
    """Return how many facts are meant."""
    row: Any = await db.first(NUMBER, **asdict(chosen))
    return int(row.number)


async def newest(db: Executor, chosen: Chosen, most: int) -> list[Noted]:
    """Return the newest facts of those that are meant, oldest first."""
    rows = await db.all(NEWEST, most=most, **asdict(chosen))
    return [
        Noted(id=row.id, at=row.at, type=row.type, user_id=row.user_id, facts=row.facts)
        for row in reversed(rows)
    ]


async def purge(db: Database, before: datetime) -> int:
    """Forget what was published before a moment."""
    return await purging.purge(db, PURGE, before=before)
