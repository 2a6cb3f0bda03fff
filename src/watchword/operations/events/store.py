"""All SQL of what operators ask of events: facts of the journal, chosen, read or owed once more."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
)

from watchword.operations.events.rules import Chosen
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.event_outbox import COLUMNS, EVENTS, event_outbox
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.ports import Executor, Transaction
from watchword.plumbing.db.statements import among
from watchword.plumbing.events.envelope import NotedFact


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


def _replayed(of_types: Any) -> Any:
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


def _newest(of_types: Any) -> Any:
    return (
        select(journal.c.id, journal.c.at, journal.c.type, journal.c.user_id, journal.c.facts)
        .where(of_types, _chosen())
        .order_by(journal.c.at.desc(), journal.c.id.desc())
        .limit(bindparam("most", type_=Integer))
    )


def _numbered(of_types: Any) -> Any:
    return select(func.count().label("number")).select_from(journal).where(of_types, _chosen())


REPLAY = among(journal.c.type, "types", _replayed)
NEWEST = among(journal.c.type, "types", _newest)
NUMBER = among(journal.c.type, "types", _numbered)


async def replay(tx: Transaction, destination: str, chosen: Chosen, now: datetime) -> int:
    """Owe facts of the journal to a destination once more; return how many that are."""
    number = await tx.run(REPLAY, destination=destination, now=now, **asdict(chosen))
    tx.announce(EVENTS)
    return number


async def number(db: Executor, chosen: Chosen) -> int:
    """Return how many facts are meant."""
    row: Any = await db.first(NUMBER, **asdict(chosen))
    return int(row.number)


async def newest(db: Executor, chosen: Chosen, most: int) -> list[NotedFact]:
    """Return the newest facts of those that are meant, oldest first."""
    rows = await db.all(NEWEST, most=most, **asdict(chosen))
    return [
        NotedFact(id=row.id, at=row.at, type=row.type, user_id=row.user_id, facts=row.facts)
        for row in reversed(rows)
    ]
