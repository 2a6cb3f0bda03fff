"""Purging: delete what is over, one bounded batch after another.

After a long backlog one DELETE would hold its locks, and on SQLite everybody else who writes, for minutes.
Each batch is its own commit; between two of them the others go first.
"""

import asyncio
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, delete, select, tuple_

from watchword.plumbing.db.ports import Database
from watchword.plumbing.db.statements import Statement, statement

BATCH: Final = 1000


def deletion(table: Table, over: ColumnElement[bool]) -> Statement:
    """Return what deletes at most one batch of the rows that are over."""
    key = tuple_(*table.primary_key.columns)
    doomed = select(*table.primary_key.columns).where(over).limit(BATCH)
    return statement(delete(table).where(key.in_(doomed)))


async def purge(database: Database, batch: Statement, **values: Any) -> int:
    """Delete batches until nothing is left that is over; return how many rows were."""
    purged = 0
    while True:
        gone = await database.run(batch, **values)
        purged += gone
        if gone < BATCH:
            return purged
        await asyncio.sleep(0)
