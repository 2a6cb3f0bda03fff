"""All SQL of backups: what the journal tells of them, which is all that is remembered here."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement

NEWEST = statement(
    select(journal.c.at, journal.c.facts)
    .where(journal.c.type == bindparam("which"), journal.c.at <= bindparam("now", type_=Moment))
    .order_by(journal.c.at.desc(), journal.c.id.desc())
    .limit(1)
)


async def newest(db: Executor, kind: str, now: datetime) -> Any:
    """Return the newest fact of a type (`at`, `facts`), or nothing; one of a clock that was ahead is none."""
    return await db.first(NEWEST, which=kind, now=now)
