"""The journal as people search it."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    column,
    func,
    literal,
    or_,
    select,
    table,
    tuple_,
)

from watchword.operations.audit.rules import Sought
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import Statement, statement
from watchword.records.audit.store import audit_chain
from watchword.records.erasures.store import erasures
from watchword.records.subscribers.rules import ERASED
from watchword.records.subscribers.store import users


def _sought() -> Any:
    """Say which rows are sought; what is not said does not restrict."""
    since, until = bindparam("since", type_=Moment), bindparam("until", type_=Moment)
    user, address = bindparam("user_id", type_=Uuid), bindparam("address", type_=Text)
    request, like = bindparam("request_id", type_=Text), bindparam("type_like", type_=Text)
    before, before_id = bindparam("before", type_=Moment), bindparam("before_id", type_=Uuid)
    return and_(
        or_(user.is_(None), journal.c.user_id == user),
        or_(since.is_(None), journal.c.at >= since),
        or_(until.is_(None), journal.c.at < until),
        or_(address.is_(None), journal.c.address == address),
        or_(request.is_(None), journal.c.request_id == request),
        or_(like.is_(None), journal.c.type.like(like, escape="/")),
        or_(before.is_(None), tuple_(journal.c.at, journal.c.id) < tuple_(before, before_id)),
    )


_told = (
    journal.c.id,
    journal.c.at,
    journal.c.type,
    journal.c.user_id,
    journal.c.facts,
    journal.c.address,
    journal.c.user_agent,
    journal.c.request_id,
)
_newest_first = (journal.c.at.desc(), journal.c.id.desc())
SEARCH = statement(
    select(*_told, audit_chain.c.position)
    .select_from(journal.outerjoin(audit_chain, audit_chain.c.journal_id == journal.c.id))
    .where(_sought())
    .order_by(*_newest_first)
    .limit(bindparam("most", type_=Integer))
)
PLACE = statement(select(journal.c.at).where(journal.c.id == bindparam("which", type_=Uuid)))

_GONE = (users.c.status.is_(None), users.c.status == ERASED)
REALLY_ERASED = statement(
    select(erasures.c.user_id)
    .select_from(erasures.outerjoin(users, users.c.id == erasures.c.user_id))
    .where(erasures.c.erased_at.is_not(None), or_(*_GONE))
)
_VIEW = table("audit_erased", column("user_id", Uuid))  # for auditors, who may read no account
ERASED_AS_TOLD = statement(select(_VIEW.c.user_id))
MAY_READ_ACCOUNTS = Statement(
    select(func.has_table_privilege(users.name, "SELECT").label("may")),
    select(literal(True).label("may")),
)


async def erased(db: Executor) -> set[UUID]:
    """Return the accounts that were erased, and are."""
    reader: Any = await db.first(MAY_READ_ACCOUNTS)
    return {row.user_id for row in await db.all(REALLY_ERASED if reader.may else ERASED_AS_TOLD)}


async def search(db: Executor, sought: Sought, most: int) -> list[Any]:
    """Return rows that are sought, newest first."""
    before = None
    if sought.after is not None:
        place: Any = await db.first(PLACE, which=sought.after)
        if place is None:
            return []
        before = place.at
    values = asdict(sought)
    after = values.pop("after")
    return await db.all(SEARCH, before=before, before_id=after, most=most, **values)
