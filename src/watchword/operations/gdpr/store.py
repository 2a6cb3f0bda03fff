"""What the report counts, and when retention last ran."""

from datetime import datetime

from sqlalchemy import Table, func, literal, select

from watchword.operations.gdpr.rules import RetentionRan
from watchword.plumbing.db.columns import metadata
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement

LAST = statement(
    select(journal.c.at)
    .where(journal.c.type == literal(RetentionRan.type))
    .order_by(journal.c.at.desc())
    .limit(1)
)


async def count(db: Executor, name: str) -> int:
    """Return how many rows a table has."""
    table: Table = metadata.tables[name]
    rows = statement(select(func.count().label("number")).select_from(table))
    number: int = (await db.first(rows)).number
    return number


async def last_run(db: Executor) -> datetime | None:
    """Return when retention last ran."""
    row = await db.first(LAST)
    return None if row is None else row.at
