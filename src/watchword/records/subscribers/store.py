"""All SQL of subscribers."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    Text,
    Update,
    Uuid,
    bindparam,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    text,
    update,
)

from watchword.kernel.ids import SubscriberId
from watchword.plumbing.contact import small
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.personal import Kept, Personal, Told
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import insertion, statement
from watchword.plumbing.words.languages import CHOSEN, SEEN
from watchword.records.subscribers.rules import ADMIN, ERASED, ERASING, USER, RoleGiven, Subscriber

_PROVEN = text("phone_verified_at IS NOT NULL")

users = tenant_table(
    "users",
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),
    Column("email_verified_at", Moment),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("phone", Text),
    Column("phone_verified_at", Moment),
    Column("status", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("language_by", Text, server_default=SEEN, nullable=False),
    Column("contested", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("seen_at", Moment),
    Index("idx_users_email", "tenant_id", "email_key", unique=True),
    Index("idx_users_created_at", "created_at", "id"),
    Index("idx_users_phone", "phone", postgresql_where=_PROVEN, sqlite_where=_PROVEN),
)

personal = Personal(
    users,
    owner=users.c.id,
    told=Told(
        "profile",
        users.c.id,
        users.c.email,
        users.c.email_verified_at,
        users.c.given_name.label("first_name"),
        users.c.family_name.label("last_name"),
        users.c.name,
        users.c.phone,
        users.c.phone_verified_at,
        users.c.status,
        users.c.role,
        users.c.language,
        users.c.created_at,
        users.c.updated_at,
        users.c.seen_at.label("last_seen_at"),
        single=True,
    ),
    erased=Kept(
        "a stub without a name or an address (`ERASE`), so that what is kept has a subject"
    ),
)

_ESCAPE = "/"

_FIELDS = (
    users.c.id,
    users.c.email,
    users.c.email_verified_at,
    users.c.given_name,
    users.c.family_name,
    users.c.name,
    users.c.phone,
    users.c.phone_verified_at,
    users.c.status,
    users.c.role,
    users.c.language,
    users.c.language_by,
    users.c.contested,
    users.c.version,
    users.c.created_at,
    users.c.updated_at,
)

_THIS = users.c.id == bindparam("who")


def _change(*which: Any, **columns: Any) -> Update:
    """Change accounts, each into its next version at this moment."""
    now = bindparam("now", type_=Moment)
    return (
        update(users).where(*which).values(version=users.c.version + 1, updated_at=now, **columns)
    )


INSERT = statement(insertion(users, *(c.name for c in _FIELDS), "email_key"))
BY_EMAIL = statement(select(*_FIELDS).where(users.c.email_key == bindparam("email_key")))
BY_PHONE = statement(
    select(*_FIELDS)
    .where(users.c.phone == bindparam("phone"), users.c.phone_verified_at.is_not(None))
    .order_by(users.c.phone_verified_at.desc(), users.c.id.desc())
    .limit(1)
)
BY_ID = statement(select(*_FIELDS).where(users.c.id == bindparam("id")))
HOLD = statement(select(*_FIELDS).where(users.c.id == bindparam("id")).with_for_update())
ANY_ADMIN = statement(
    select(users.c.id).where(users.c.role == "admin", users.c.status == "active").limit(1)
)

HAD_ANOTHER_ROLE = statement(
    select(journal.c.id)
    .where(
        journal.c.user_id == bindparam("whose", type_=Uuid),
        journal.c.type == literal(RoleGiven.type),
    )
    .limit(1)
)

ADMINS = statement(
    select(users.c.id)
    .where(users.c.role == "admin", users.c.status == "active")
    .order_by(users.c.id)
    .with_for_update()
)

VERIFY = statement(
    _change(
        _THIS,
        or_(users.c.status == "pending_verification", users.c.status == "active"),
        status="active",
        email_verified_at=func.coalesce(users.c.email_verified_at, bindparam("now", type_=Moment)),
        contested=False,
    ).returning(*_FIELDS)
)
CONTEST = statement(
    update(users)
    .where(_THIS, users.c.status == "pending_verification")
    .values(contested=True, updated_at=bindparam("now", type_=Moment))
)
RENAME = statement(
    _change(
        _THIS,
        users.c.version == bindparam("seen"),
        given_name=bindparam("given", type_=Text),
        family_name=bindparam("family", type_=Text),
        name=bindparam("full", type_=Text),
        phone=bindparam("call", type_=Text),
        phone_verified_at=bindparam("call_verified", type_=Moment),
        language=bindparam("speaks", type_=Text),
        language_by=bindparam("speaks_by", type_=Text),
    ).returning(*_FIELDS)
)
HEAR = statement(
    update(users)
    .where(_THIS, users.c.language_by != CHOSEN)
    .values(language=bindparam("speaks", type_=Text), language_by=SEEN)
)
UNPROVE = statement(
    _change(
        users.c.phone == bindparam("call", type_=Text),
        users.c.phone_verified_at.is_not(None),
        users.c.id != bindparam("who"),
        phone_verified_at=null(),
    ).returning(*_FIELDS)
)
UNPROVE_OWN = statement(_change(_THIS, phone_verified_at=null()).returning(*_FIELDS))
READDRESS = statement(
    _change(
        _THIS,
        email=bindparam("address", type_=Text),
        email_key=bindparam("address_key", type_=Text),
        email_verified_at=bindparam("now", type_=Moment),
    ).returning(*_FIELDS)
)
CLAIMS = statement(
    select(users.c.id)
    .where(users.c.email_key == bindparam("email_key"), users.c.status == "pending_verification")
    .with_for_update()
)
RELEASE = statement(
    delete(users)
    .where(users.c.email_key == bindparam("email_key"), users.c.status == "pending_verification")
    .returning(users.c.id)
)
SET_STATUS = statement(_change(_THIS, status=bindparam("becomes", type_=Text)).returning(*_FIELDS))
SET_ROLE = statement(_change(_THIS, role=bindparam("becomes", type_=Text)).returning(*_FIELDS))
USED = statement(
    update(users)
    .where(
        _THIS,
        or_(users.c.seen_at.is_(None), users.c.seen_at < bindparam("before", type_=Moment)),
    )
    .values(seen_at=bindparam("now", type_=Moment))
)
ERASE = statement(
    _change(
        _THIS,
        email=bindparam("nowhere", type_=Text),
        email_key=bindparam("nowhere", type_=Text),
        email_verified_at=null(),
        given_name="",
        family_name="",
        name="",
        phone=null(),
        phone_verified_at=null(),
        status=ERASED,
        role=USER,
        language=bindparam("speaks", type_=Text),
        language_by=SEEN,
        contested=False,
        seen_at=null(),
    )
)
_UNUSED = (
    users.c.role != ADMIN,
    users.c.status != ERASING,
    users.c.status != ERASED,
    func.coalesce(users.c.seen_at, users.c.updated_at) < bindparam("before", type_=Moment),
    users.c.updated_at < bindparam("before", type_=Moment),
)
IDLE = statement(
    select(users.c.id)
    .where(users.c.id > bindparam("after", type_=Uuid), *_UNUSED)
    .order_by(users.c.id)
    .limit(bindparam("size", type_=Integer))
)
IS_IDLE = statement(
    select(users.c.id).where(users.c.id == bindparam("whose", type_=Uuid), *_UNUSED)
)
PAGE = statement(
    select(*_FIELDS)
    .where(
        or_(bindparam("after", type_=Uuid).is_(None), users.c.id > bindparam("after", type_=Uuid)),
        or_(
            bindparam("part", type_=Text).is_(None),
            users.c.email_key.contains(bindparam("part", type_=Text), escape=_ESCAPE),
        ),
        or_(
            bindparam("having", type_=Text).is_(None),
            users.c.status == bindparam("having", type_=Text),
        ),
    )
    .order_by(users.c.id)
    .limit(bindparam("size", type_=Integer))
)
COUNT = statement(select(users.c.status, func.count().label("number")).group_by(users.c.status))


async def insert(tx: Executor, subscriber: Subscriber, email_key: str) -> None:
    """Add a subscriber; `Taken` when the address exists."""
    values = {column.name: getattr(subscriber, column.name) for column in _FIELDS}
    await tx.run(INSERT, email_key=email_key, **values)


async def find_by_email(db: Executor, email_key: str) -> Subscriber | None:
    """Return the subscriber of an address."""
    return _read(await db.first(BY_EMAIL, email_key=email_key))


async def find_by_phone(db: Executor, phone: str) -> Subscriber | None:
    """Return the subscriber who proved a telephone number last."""
    return _read(await db.first(BY_PHONE, phone=phone))


async def find(db: Executor, user_id: SubscriberId) -> Subscriber | None:
    """Return a subscriber."""
    return _read(await db.first(BY_ID, id=user_id))


async def hold(tx: Executor, user_id: SubscriberId) -> Subscriber | None:
    """Return a subscriber, whose row is this transaction's until it ends."""
    return _read(await tx.first(HOLD, id=user_id))


async def verify(tx: Executor, user_id: SubscriberId, now: datetime) -> Subscriber | None:
    """Make the account active, its mailbox proven; nothing when its status forbids it."""
    return _read(await tx.first(VERIFY, who=user_id, now=now))


async def contest(tx: Executor, user_id: SubscriberId, now: datetime) -> None:
    """Note that more than one stranger registered this address."""
    await tx.run(CONTEST, who=user_id, now=now)


async def change(
    tx: Executor, subscriber: Subscriber, seen: int, now: datetime
) -> Subscriber | None:
    """Write names, phone and language; nothing when the version is no longer the one seen."""
    return _read(
        await tx.first(
            RENAME,
            who=subscriber.id,
            seen=seen,
            given=subscriber.given_name,
            family=subscriber.family_name,
            full=subscriber.name,
            call=subscriber.phone,
            call_verified=subscriber.phone_verified_at,
            speaks=subscriber.language,
            speaks_by=subscriber.language_by,
            now=now,
        )
    )


async def unprove_own(tx: Executor, user_id: SubscriberId, now: datetime) -> None:
    """Let the number of an account be as it was before it was proven."""
    await tx.first(UNPROVE_OWN, who=user_id, now=now)


async def hear(tx: Executor, user_id: SubscriberId, language: str) -> None:
    """Remember the language of a visit, unless the subscriber chose one; no change of theirs."""
    await tx.run(HEAR, who=user_id, speaks=language)


async def unprove(
    tx: Executor, phone: str, user_id: SubscriberId, now: datetime
) -> list[Subscriber]:
    """Take a number's proof from every account but one."""
    rows = await tx.all(UNPROVE, call=phone, who=user_id, now=now)
    return [found for row in rows if (found := _read(row))]


async def readdress(
    tx: Executor, user_id: SubscriberId, email: str, email_key: str, now: datetime
) -> Subscriber | None:
    """Give the subscriber a proven new address; `Taken` when somebody else has it."""
    return _read(
        await tx.first(READDRESS, who=user_id, address=email, address_key=email_key, now=now)
    )


async def claims(tx: Executor, email_key: str) -> list[SubscriberId]:
    """Return the account that holds an address without having proven it, and hold its row."""
    return [row.id for row in await tx.all(CLAIMS, email_key=email_key)]


async def release(tx: Executor, email_key: str) -> list[SubscriberId]:
    """Delete the account that holds an address without having proven it; return whose it was."""
    return [row.id for row in await tx.all(RELEASE, email_key=email_key)]


async def set_status(
    tx: Executor, user_id: SubscriberId, status: str, now: datetime
) -> Subscriber | None:
    """Write the status."""
    return _read(await tx.first(SET_STATUS, who=user_id, becomes=status, now=now))


async def set_role(
    tx: Executor, user_id: SubscriberId, role: str, now: datetime
) -> Subscriber | None:
    """Write the role."""
    return _read(await tx.first(SET_ROLE, who=user_id, becomes=role, now=now))


async def seen(tx: Executor, user_id: SubscriberId, now: datetime, before: datetime) -> None:
    """Note that somebody was here, unless that was noted after a moment."""
    await tx.later(USED, who=user_id, now=now, before=before)


async def erase(
    tx: Executor, user_id: SubscriberId, nowhere: str, language: str, now: datetime
) -> None:
    """Leave nothing of a subscriber but a stub, which has an address that leads nowhere."""
    await tx.run(ERASE, who=user_id, nowhere=nowhere, speaks=language, now=now)


async def idle(
    db: Executor, after: SubscriberId, before: datetime, size: int
) -> list[SubscriberId]:
    """Return accounts after an id that nobody has used or changed since a moment."""
    rows = await db.all(IDLE, after=after, before=before, size=size)
    return [SubscriberId(row.id) for row in rows]


async def is_idle(db: Executor, user_id: SubscriberId, before: datetime) -> bool:
    """Tell whether nobody has used or changed an account since a moment."""
    return await db.first(IS_IDLE, whose=user_id, before=before) is not None


async def any_admin(db: Executor) -> bool:
    """Tell whether there is an active administrator."""
    return await db.first(ANY_ADMIN) is not None


async def had_another_role(db: Executor, user_id: SubscriberId) -> bool:
    """Tell whether an account was ever given another role."""
    return await db.first(HAD_ANOTHER_ROLE, whose=user_id) is not None


async def hold_admins(tx: Executor) -> list[SubscriberId]:
    """Return the active administrators; none of them changes until the transaction ends."""
    return [row.id for row in await tx.all(ADMINS)]


async def page(
    db: Executor,
    *,
    after: SubscriberId | None,
    size: int,
    part: str | None = None,
    status: str | None = None,
) -> list[Subscriber]:
    """Return subscribers in the order of their ids, after a given one."""
    literal = _literal(small(part)) if part else None
    rows = await db.all(PAGE, after=after, size=size, part=literal, having=status)
    return [found for row in rows if (found := _read(row))]


async def count(db: Executor) -> dict[str, int]:
    """Return how many there are by status."""
    return {row.status: row.number for row in await db.all(COUNT)}


def _literal(part: str) -> str:
    """Take their meaning from the signs that LIKE would read as wildcards."""
    for sign in (_ESCAPE, "%", "_"):
        part = part.replace(sign, _ESCAPE + sign)
    return part


def _read(row: Any) -> Subscriber | None:
    return None if row is None else Subscriber(**row._asdict())
