"""The statement of statistics: codes in a stretch of the journal."""

from datetime import datetime

from sqlalchemy import bindparam, func, literal, select

from watchword.operations.stats.rules import Count
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement
from watchword.records.tickets.rules import CodeRequested, CodeTried

_TOLD = (
    select(
        *(
            func.coalesce(journal.c.facts[name].as_string(), "").label(name)
            for name in ("country", "channel", "purpose", "result")
        )
    )
    .where(
        journal.c.type.in_([literal(CodeRequested.type), literal(CodeTried.type)]),
        journal.c.at >= bindparam("since", type_=Moment),
    )
    .subquery("told")
)
CODES = statement(select(*_TOLD.c, func.count().label("number")).group_by(*_TOLD.c))


async def codes(db: Executor, since: datetime) -> list[Count]:
    """Return how many codes were asked for and tried since a moment."""
    return [
        Count(
            country=row.country,
            channel=row.channel,
            purpose=row.purpose,
            result=row.result,
            number=row.number,
        )
        for row in await db.all(CODES, since=since)
    ]
