"""What the report counts, when retention last ran, and what it lets go: nothing of who is held."""

from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, func, literal, or_, select, update

from watchword.operations.gdpr.rules import RetentionRan
from watchword.plumbing.db import purging
from watchword.plumbing.db.columns import metadata
from watchword.plumbing.db.journal import OLD_ORIGIN, ORIGIN, journal
from watchword.plumbing.db.ports import Database, Executor
from watchword.plumbing.db.statements import statement
from watchword.records.consents.store import LAST_ONE, OVER, WITHDRAWN_LONG_AGO, consents
from watchword.records.erasures.store import legal_holds


def _not_held(owner: ColumnElement[object]) -> ColumnElement[bool]:
    return ~select(legal_holds.c.user_id).where(legal_holds.c.user_id == owner).exists()


_ORIGINS = and_(OLD_ORIGIN, _not_held(journal.c.user_id))
_FREE = _not_held(consents.c.user_id)
COUNT_ORIGINS = statement(select(func.count().label("number")).select_from(journal).where(_ORIGINS))
FORGET_ORIGINS = statement(
    update(journal)
    .where(journal.c.id.in_(select(journal.c.id).where(_ORIGINS).limit(purging.BATCH)))
    .values({column.name: None for column in ORIGIN})
)
PURGE_EARLIER = purging.deletion(consents, and_(OVER, _FREE))
PURGE_LAST = purging.deletion(consents, and_(WITHDRAWN_LONG_AGO, _FREE))
COUNT_WITHDRAWN = statement(
    select(func.count().label("number")).select_from(consents).where(or_(OVER, LAST_ONE), _FREE)
)
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


async def count_origins(db: Executor, before: datetime) -> int:
    """Return how many facts from before a moment still say where they came from."""
    number: int = (await db.first(COUNT_ORIGINS, before=before)).number
    return number


async def forget_origins(db: Database, before: datetime) -> int:
    """Forget where the facts from before a moment came from; return of how many."""
    return await purging.purge(db, FORGET_ORIGINS, before=before)


async def count_withdrawn(db: Executor, before: datetime) -> int:
    """Return how many acts `purge_withdrawn` would delete."""
    number: int = (await db.first(COUNT_WITHDRAWN, before=before)).number
    return number


async def purge_withdrawn(db: Database, before: datetime) -> int:
    """Delete the acts on purposes that were withdrawn before a moment, the withdrawal last of all.

    The database lets an act go only while what is left says that it no longer holds.
    """
    earlier = await purging.purge(db, PURGE_EARLIER, before=before)
    return earlier + await purging.purge(db, PURGE_LAST, before=before)
