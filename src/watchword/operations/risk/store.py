"""All SQL of risk: ranges of the journal, in the order in which things happened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, bindparam, literal, or_, select

from watchword.operations.risk.rules import Happening, Role, types_of
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import Statement, statement

PAGE: Final = 500
_AFTER: Final = bindparam("after", type_=Moment)


def _of_types(names: Sequence[str]) -> Any:
    return journal.c.type.in_([literal(name) for name in names])


def _range(*roles: Role) -> Statement:
    return statement(
        select(
            journal.c.id,
            journal.c.at,
            journal.c.type,
            journal.c.user_id,
            journal.c.address,
            journal.c.facts,
        )
        .where(
            _of_types(types_of(*roles)),
            journal.c.at >= _AFTER,
            journal.c.at <= bindparam("until", type_=Moment),
            or_(
                journal.c.at > _AFTER,
                and_(journal.c.at == _AFTER, journal.c.id > bindparam("seen")),
            ),
        )
        .order_by(journal.c.at, journal.c.id)
        .limit(PAGE)
    )


GUESSES = _range(Role.CODE, Role.FAILURE)
RESETS = _range(Role.RESET)
COUNTRIES = statement(
    select(journal.c.facts["country"].as_string().label("country"))
    .distinct()
    .where(
        journal.c.user_id == bindparam("whose"),
        journal.c.at >= _AFTER,
        journal.c.at < bindparam("before", type_=Moment),
        _of_types(types_of(Role.RESET)),
    )
)

BEFORE_ALL: Final = UUID(int=0)


async def page(
    db: Executor, which: Statement, after: datetime, seen: UUID, until: datetime
) -> list[Happening]:
    """Return the next of a range: those after a moment, and at it after a row."""
    rows = await db.all(which, after=after, seen=seen, until=until)
    return [_happening(row) for row in rows]


async def countries(db: Executor, whose: UUID, after: datetime, before: datetime) -> frozenset[str]:
    """Return the countries of an account's resets between two moments."""
    rows = await db.all(COUNTRIES, whose=whose, after=after, before=before)
    return frozenset(row.country for row in rows if row.country)


def _happening(row: Any) -> Happening:
    facts: dict[str, Any] = row.facts
    return Happening(
        id=row.id,
        at=row.at,
        type=row.type,
        user_id=row.user_id,
        address=row.address or "",
        result=str(facts.get("result") or ""),
        channel=str(facts.get("channel") or ""),
        country=str(facts.get("country") or ""),
    )
