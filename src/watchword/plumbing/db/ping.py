"""Ping: whether the database answers."""

from sqlalchemy import literal, select

from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement

PING = statement(select(literal(1).label("one")))


async def ping(db: Executor) -> bool:
    """Tell whether the database answers."""
    return await db.first(PING) is not None
