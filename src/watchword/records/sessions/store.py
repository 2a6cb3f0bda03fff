"""All SQL of sessions, but for the session check, which joins the account (flows/session_check)."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
    update,
)

from watchword.kernel.ids import SessionId, SubscriberId
from watchword.plumbing.db import purging
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import DELETED, Personal, Told
from watchword.plumbing.db.ports import Database, Executor
from watchword.plumbing.db.purging import deletion
from watchword.plumbing.db.statements import insertion, statement
from watchword.records.sessions.rules import Session

sessions = tenant_table(
    "sessions",
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("transport", Text, nullable=False),
    Column("digest", LargeBinary),
    Column("methods", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("authenticated_at", Moment, nullable=False),
    Column("last_used_at", Moment, nullable=False),
    Column("idle_until", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("end_reason", Text),
    Column("address", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Index("idx_sessions_digest", "digest", unique=True),
    Index(
        "idx_sessions_user_id",
        "user_id",
        postgresql_where=text("ended_at IS NULL"),
        sqlite_where=text("ended_at IS NULL"),
    ),
    Index("idx_sessions_device", "user_id", "user_agent"),
    Index("idx_sessions_expires_at", "expires_at"),
)

personal = Personal(
    sessions,
    owner=sessions.c.user_id,
    told=Told(
        "sessions",
        sessions.c.id,
        sessions.c.transport,
        sessions.c.methods,
        sessions.c.created_at,
        sessions.c.last_used_at,
        sessions.c.expires_at,
        sessions.c.ended_at,
        sessions.c.end_reason,
        sessions.c.address,
        sessions.c.user_agent,
    ),
    erased=DELETED,
)

_LIST = (
    sessions.c.id,
    sessions.c.user_id,
    sessions.c.transport,
    sessions.c.methods,
    sessions.c.created_at,
    sessions.c.authenticated_at,
    sessions.c.last_used_at,
    sessions.c.expires_at,
    sessions.c.address,
    sessions.c.user_agent,
)
_ALIVE = (
    sessions.c.ended_at.is_(None),
    sessions.c.expires_at > bindparam("now", type_=Moment),
    sessions.c.idle_until > bindparam("now", type_=Moment),
)

OF_USER = statement(
    select(*_LIST)
    .where(sessions.c.user_id == bindparam("user_id"), *_ALIVE)
    .order_by(sessions.c.last_used_at.desc())
    .limit(200)
)
_ENDED = {
    "ended_at": bindparam("now", type_=Moment),
    "end_reason": bindparam("why", type_=Text),
}
END = statement(
    update(sessions)
    .where(
        sessions.c.id == bindparam("which"),
        sessions.c.user_id == bindparam("whose"),
        sessions.c.ended_at.is_(None),
    )
    .values(_ENDED)
    .returning(sessions.c.id)
)
LIVES = statement(
    select(sessions.c.id).where(
        sessions.c.id == bindparam("which"),
        sessions.c.user_id == bindparam("whose"),
        sessions.c.ended_at.is_(None),
    )
)
END_ANY = statement(
    update(sessions)
    .where(sessions.c.id == bindparam("which"), sessions.c.ended_at.is_(None))
    .values(_ENDED)
    .returning(sessions.c.user_id)
)
END_ALL = statement(
    update(sessions)
    .where(
        sessions.c.user_id == bindparam("whose"),
        sessions.c.ended_at.is_(None),
        or_(
            bindparam("spared", type_=Uuid).is_(None),
            sessions.c.id != bindparam("spared", type_=Uuid),
        ),
    )
    .values(_ENDED)
    .returning(sessions.c.id)
)
TOUCH = statement(
    update(sessions)
    .where(
        sessions.c.id == bindparam("which"),
        sessions.c.last_used_at < bindparam("used", type_=Moment),
    )
    .values(
        last_used_at=bindparam("used", type_=Moment), idle_until=bindparam("until", type_=Moment)
    )
)
ACTIVE = statement(select(func.count().label("number")).select_from(sessions).where(*_ALIVE))
PURGE = deletion(
    sessions,
    or_(
        sessions.c.expires_at < bindparam("before", type_=Moment),
        sessions.c.ended_at < bindparam("before", type_=Moment),
    ),
)
INSERT = statement(
    insertion(
        sessions,
        "id",
        "user_id",
        "transport",
        "digest",
        "methods",
        "created_at",
        "authenticated_at",
        "last_used_at",
        "idle_until",
        "expires_at",
        "address",
        "user_agent",
    )
)


def is_new_device(user_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say in SQL that a subscriber has had sessions, but none with the user agent `user_agent`."""
    theirs = select(sessions.c.id).where(sessions.c.user_id == user_id)
    alike = theirs.where(sessions.c.user_agent == bindparam("user_agent", type_=Text))
    return and_(theirs.exists(), ~alike.exists())


NEW_DEVICE = statement(select(is_new_device(bindparam("user_id", type_=Uuid)).label("is_new")))


async def insert(tx: Executor, **values: Any) -> None:
    """Add a session, with the commit."""
    await tx.later(INSERT, **values)


async def of_user(db: Executor, user_id: SubscriberId, now: datetime) -> list[Session]:
    """Return the living sessions of a subscriber, the last used first."""
    return [
        Session(**(row._asdict() | {"methods": tuple(row.methods.split())}))
        for row in await db.all(OF_USER, user_id=user_id, now=now)
    ]


async def end(
    tx: Executor, session_id: SessionId, user_id: SubscriberId, reason: str, now: datetime
) -> bool:
    """End one session of a subscriber; false when there was none."""
    return await tx.first(END, which=session_id, whose=user_id, why=reason, now=now) is not None


async def lives(db: Executor, session_id: SessionId, user_id: SubscriberId) -> bool:
    """Tell whether a session of a subscriber has not been ended."""
    return await db.first(LIVES, which=session_id, whose=user_id) is not None


async def end_any(
    tx: Executor, session_id: SessionId, reason: str, now: datetime
) -> SubscriberId | None:
    """End one session of anybody; return whose it was, or nothing when there was none."""
    row: Any = await tx.first(END_ANY, which=session_id, why=reason, now=now)
    return None if row is None else row.user_id


async def end_all(
    tx: Executor, user_id: SubscriberId, reason: str, now: datetime, spare: SessionId | None
) -> list[SessionId]:
    """End the sessions of a subscriber but one; return those ended."""
    rows = await tx.all(END_ALL, whose=user_id, why=reason, now=now, spared=spare)
    return [row.id for row in rows]


async def touch(db: Executor, session_id: SessionId, used: datetime, idle_until: datetime) -> None:
    """Write when a session was last used."""
    await db.run(TOUCH, which=session_id, used=used, until=idle_until)


async def active(db: Executor, now: datetime) -> int:
    """Return how many sessions live."""
    row: Any = await db.first(ACTIVE, now=now)
    return int(row.number)


async def purge(db: Database, before: datetime) -> int:
    """Delete sessions that ended or expired before a moment."""
    return await purging.purge(db, PURGE, before=before)


async def new_device(db: Executor, user_id: SubscriberId, user_agent: str) -> bool:
    """Tell whether the subscriber has had sessions, but none with this user agent."""
    row: Any = await db.first(NEW_DEVICE, user_id=user_id, user_agent=user_agent)
    return bool(row.is_new)
