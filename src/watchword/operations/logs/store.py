"""The newest wish for a level, as the journal has it."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, literal, select

from watchword.operations.logs.rules import LevelSet
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement

NEWEST = statement(
    select(journal.c.id, journal.c.facts["level"].as_string().label("level"))
    .where(
        journal.c.type == literal(LevelSet.type), journal.c.at >= bindparam("since", type_=Moment)
    )
    .order_by(journal.c.at.desc(), journal.c.id.desc())
    .limit(1)
)


async def newest(db: Executor, since: datetime) -> Any:
    """Return the newest wish since a moment, if there is any."""
    return await db.first(NEWEST, since=since)
