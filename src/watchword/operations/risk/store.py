"""All SQL of risk: ranges of the journal, in the order in which things happened."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, literal, or_, select

from watchword.operations.risk.rules import Role, WatchedFact, types_of
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement

PAGE: Final = 250
_AFTER: Final = bindparam("after", type_=Moment)


def _told(name: str) -> Any:
    return func.coalesce(journal.c.facts[name].as_string(), "").label(name)


OF_TYPE = statement(
    select(
        journal.c.id,
        journal.c.at,
        journal.c.type,
        journal.c.user_id,
        journal.c.address,
        *(_told(name) for name in ("result", "channel", "country", "asked_for")),
    )
    .where(
        journal.c.type == bindparam("which"),
        journal.c.at >= _AFTER,
        journal.c.at <= bindparam("until", type_=Moment),
        or_(journal.c.at > _AFTER, journal.c.id > bindparam("seen")),
    )
    .order_by(journal.c.at, journal.c.id)
    .limit(PAGE)
)
COUNTRIES = statement(
    select(journal.c.facts["country"].as_string().label("country"))
    .distinct()
    .where(
        journal.c.user_id == bindparam("whose"),
        journal.c.at >= _AFTER,
        journal.c.at < bindparam("before", type_=Moment),
        journal.c.type.in_([literal(name) for name in types_of(Role.RESET)]),
    )
)

BEFORE_ALL: Final = UUID(int=0)


async def page(
    db: Executor, which: str, after: datetime, seen: UUID, until: datetime
) -> list[WatchedFact]:
    """Return the next facts of a type: those after a moment, and at it after a row."""
    rows = await db.all(OF_TYPE, which=which, after=after, seen=seen, until=until)
    return [_watched(row) for row in rows]


async def countries(db: Executor, whose: UUID, after: datetime, before: datetime) -> frozenset[str]:
    """Return the countries of an account's resets between two moments."""
    rows = await db.all(COUNTRIES, whose=whose, after=after, before=before)
    return frozenset(row.country for row in rows if row.country)


def _watched(row: Any) -> WatchedFact:
    return WatchedFact(
        id=row.id,
        at=row.at,
        type=row.type,
        user_id=row.user_id,
        address=row.address or "",
        result=row.result,
        channel=row.channel,
        country=row.country,
        asked_for=row.asked_for,
    )
