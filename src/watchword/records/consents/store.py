"""All SQL of consents: acts are added and read, never changed; the database sees to that, too."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Index,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    delete,
    false,
    func,
    insert,
    select,
)

from watchword.kernel.ids import SubscriberId
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import Personal, Scrubbed, Told
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import insertion, statement
from watchword.records.consents.rules import Act, Deed, Purpose

consents = tenant_table(
    "consents",
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("deed", Text, nullable=False),
    Column("text_version", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("address", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Index("idx_gdpr_consents_patient_id", "user_id", "number", unique=True),
)

personal = Personal(
    consents,
    owner=consents.c.user_id,
    told=Told(
        "consents",
        consents.c.number,
        consents.c.purpose,
        consents.c.deed.label("act"),
        consents.c.text_version,
        consents.c.language,
        consents.c.at,
        consents.c.address,
        consents.c.channel,
    ),
    erased=Scrubbed({"address": ""}),
    order=(consents.c.number,),
)

_FIELDS = (
    consents.c.number,
    consents.c.purpose,
    consents.c.deed,
    consents.c.text_version,
    consents.c.language,
    consents.c.at,
    consents.c.address,
    consents.c.channel,
)
_ALL = ("id", "user_id", *(column.name for column in _FIELDS))
_later = consents.alias("later")
OVERTAKEN = (
    select(_later.c.number)
    .where(
        _later.c.user_id == consents.c.user_id,
        _later.c.purpose == consents.c.purpose,
        _later.c.number > consents.c.number,
        _later.c.deed != Deed.ASKED.value,
    )
    .exists()
)

ADD = statement(insertion(consents, *_ALL))
ADD_NONE = statement(
    insert(consents).from_select(
        _ALL,
        select(*(bindparam(name, type_=consents.c[name].type) for name in _ALL)).where(false()),
    )
)
LATEST = statement(
    select(*_FIELDS).where(
        consents.c.user_id == bindparam("user_id"),
        consents.c.deed != Deed.ASKED.value,
        ~OVERTAKEN,
    )
)
LAST = statement(
    select(func.coalesce(func.max(consents.c.number), 0).label("number")).where(
        consents.c.user_id == bindparam("user_id")
    )
)
PAGE = statement(
    select(*_FIELDS)
    .where(
        consents.c.user_id == bindparam("user_id"),
        consents.c.number < bindparam("before", type_=Integer),
    )
    .order_by(consents.c.number.desc())
    .limit(bindparam("size", type_=Integer))
)
ASKED = statement(
    select(consents.c.number)
    .where(
        consents.c.user_id == bindparam("user_id"),
        consents.c.deed == Deed.ASKED.value,
        consents.c.at > bindparam("since", type_=Moment),
    )
    .limit(1)
)


_over = consents.alias("over")
_ENDED = _over.c.deed == Deed.WITHDRAWN.value
_OF_IT = (_over.c.user_id == consents.c.user_id, _over.c.purpose == consents.c.purpose)
_newer = consents.alias("newer")
_BEYOND = (
    select(_newer.c.number)
    .where(
        _newer.c.user_id == _over.c.user_id,
        _newer.c.purpose == _over.c.purpose,
        _newer.c.number > _over.c.number,
        _newer.c.deed != Deed.ASKED.value,
    )
    .exists()
)
OVER = (
    select(_over.c.id)
    .where(*_OF_IT, _ENDED, _over.c.at < bindparam("before", type_=Moment), ~_BEYOND)
    .where(_over.c.id != consents.c.id)
    .exists()
)
LAST_ONE = and_(
    consents.c.deed == Deed.WITHDRAWN.value,
    consents.c.at < bindparam("before", type_=Moment),
    ~OVERTAKEN,
)
_ALONE = ~select(_over.c.id).where(*_OF_IT, _over.c.id != consents.c.id).exists()
WITHDRAWN_LONG_AGO = and_(
    consents.c.deed == Deed.WITHDRAWN.value,
    consents.c.at < bindparam("before", type_=Moment),
    _ALONE,
)

FORGET = statement(delete(consents).where(consents.c.user_id == bindparam("user_id")))


async def forget(tx: Executor, user_id: SubscriberId) -> None:
    """Delete the acts of an account that is pending; all others the database keeps."""
    await tx.run(FORGET, user_id=user_id)


async def add(tx: Executor, act_id: UUID, user_id: SubscriberId, act: Act) -> None:
    """Add an act."""
    await tx.later(ADD, **_values(act_id, user_id, act))


async def add_none(tx: Executor, act_id: UUID, user_id: SubscriberId, act: Act) -> None:
    """Do the work of adding an act, and add none."""
    await tx.later(ADD_NONE, **_values(act_id, user_id, act))


async def latest(db: Executor, user_id: SubscriberId) -> dict[Purpose, Act]:
    """Return the latest act of each purpose."""
    acts = [_read(row) for row in await db.all(LATEST, user_id=user_id)]
    return {act.purpose: act for act in acts}


async def last_number(db: Executor, user_id: SubscriberId) -> int:
    """Return the number of the subscriber's last act, 0 without any."""
    number: int = (await db.first(LAST, user_id=user_id)).number
    return number


async def page(db: Executor, user_id: SubscriberId, before: int, size: int) -> list[Act]:
    """Return acts before a number, the newest first."""
    rows = await db.all(PAGE, user_id=user_id, before=before, size=size)
    return [_read(row) for row in rows]


async def was_asked(db: Executor, user_id: SubscriberId, since: datetime) -> bool:
    """Tell whether we asked the subscriber to renew after a moment."""
    return await db.first(ASKED, user_id=user_id, since=since) is not None


def _values(act_id: UUID, user_id: SubscriberId, act: Act) -> dict[str, Any]:
    fields = {column.name: getattr(act, column.name) for column in _FIELDS}
    return {"id": act_id, "user_id": user_id, **fields} | {
        "purpose": act.purpose.value,
        "deed": act.deed.value,
    }


def _read(row: Any) -> Act:
    told = row._asdict()
    return Act(**told | {"purpose": Purpose(row.purpose), "deed": Deed(row.deed)})
