"""The journal as the person reads it whom it is about."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, literal, or_, select, tuple_

from watchword.flows.activity.rules import WORDS
from watchword.kernel.ids import SubscriberId
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement

_hers = journal.c.user_id == bindparam("user_id", type_=Uuid)
_before = bindparam("before", type_=Moment)
NEWEST = statement(
    select(
        journal.c.id,
        journal.c.at,
        journal.c.type,
        journal.c.facts,
        journal.c.address,
        journal.c.user_agent,
    )
    .where(
        _hers,
        journal.c.type.in_([literal(kind) for kind in WORDS]),
        or_(
            _before.is_(None),
            tuple_(journal.c.at, journal.c.id)
            < tuple_(_before, bindparam("before_id", type_=Uuid)),
        ),
    )
    .order_by(journal.c.at.desc(), journal.c.id.desc())
    .limit(bindparam("most", type_=Integer))
)
PLACE = statement(select(journal.c.at).where(_hers, journal.c.id == bindparam("which", type_=Uuid)))


async def newest(db: Executor, user_id: SubscriberId, after: UUID | None, most: int) -> list[Any]:
    """Return what happened to an account, newest first; none after a row that is not its own."""
    before = None
    if after is not None:
        place: Any = await db.first(PLACE, user_id=user_id, which=after)
        if place is None:
            return []
        before = place.at
    return await db.all(NEWEST, user_id=user_id, before=before, before_id=after, most=most)
