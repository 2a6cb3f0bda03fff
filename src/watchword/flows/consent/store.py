"""Whom a renewal may wait for: accounts whose latest act on a purpose is old, or older than its text."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Integer, Uuid, and_, bindparam, or_, select

from watchword.kernel.ids import SubscriberId
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement
from watchword.records.consents.rules import Deed, Purpose
from watchword.records.consents.store import OVERTAKEN, consents
from watchword.records.subscribers.store import users

_OUTDATED = [
    and_(
        consents.c.purpose == purpose.value,
        consents.c.text_version < bindparam(purpose.value, type_=Integer),
    )
    for purpose in Purpose
]
OLD = statement(
    select(users.c.id)
    .where(
        users.c.status == "active",
        users.c.id > bindparam("after", type_=Uuid),
        select(consents.c.number)
        .where(
            consents.c.user_id == users.c.id,
            consents.c.deed != Deed.WITHDRAWN.value,
            consents.c.deed != Deed.ASKED.value,
            or_(consents.c.at <= bindparam("before", type_=Moment), *_OUTDATED),
            ~OVERTAKEN,
        )
        .exists(),
    )
    .order_by(users.c.id)
    .limit(bindparam("size", type_=Integer))
)


async def old(
    db: Executor,
    after: SubscriberId,
    before: datetime,
    versions: Mapping[Purpose, int],
    size: int,
) -> list[SubscriberId]:
    """Return accounts after an id with a consent from before a moment, or to a text before these."""
    told = {purpose.value: version for purpose, version in versions.items()}
    rows = await db.all(OLD, after=after, before=before, size=size, **told)
    return [row.id for row in rows]
