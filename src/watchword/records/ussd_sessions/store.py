"""All SQL of USSD sessions."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    bindparam,
    null,
    select,
    update,
)

from watchword.plumbing.db import purging
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.ports import Database, Executor
from watchword.plumbing.db.purging import BATCH, deletion
from watchword.plumbing.db.statements import statement, upsertion

ussd_sessions = tenant_table(
    "ussd_sessions",
    Column("digest", LargeBinary, nullable=False),
    Column("consumed", Integer, nullable=False),
    Column("typed_digest", LargeBinary, nullable=False),
    Column("state", LargeBinary),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    PrimaryKeyConstraint("tenant_id", "digest"),
    Index("idx_ussd_sessions_expires_at", "expires_at"),
)

_MINE = ussd_sessions.c.digest == bindparam("which")
_LIVING = ussd_sessions.c.expires_at > bindparam("now", type_=Moment)
_FORGOTTEN = bindparam("forgotten", type_=Moment)
_BEGUN = ("consumed", "typed_digest", "state", "created_at", "expires_at")

FIND = statement(
    select(ussd_sessions.c.consumed, ussd_sessions.c.typed_digest, ussd_sessions.c.state).where(
        _MINE, _LIVING
    )
)
BEGIN = upsertion(
    ussd_sessions,
    "digest",
    *_BEGUN,
    key=["tenant_id", "digest"],
    values=lambda new: {name: new[name] for name in _BEGUN},
    only=lambda _new: ussd_sessions.c.expires_at <= _FORGOTTEN,
)
CLAIM = statement(
    update(ussd_sessions)
    .where(
        _MINE,
        _LIVING,
        ussd_sessions.c.consumed == bindparam("seen", type_=Integer),
        ussd_sessions.c.typed_digest == bindparam("seen_digest", type_=LargeBinary),
        ussd_sessions.c.state.is_not(None),
    )
    .values(
        consumed=ussd_sessions.c.consumed + 1,
        typed_digest=bindparam("fresh_digest", type_=LargeBinary),
        state=null(),
    )
    .returning(ussd_sessions.c.consumed)
)
ANSWER = statement(
    update(ussd_sessions)
    .where(_MINE, ussd_sessions.c.consumed == bindparam("seen", type_=Integer))
    .values(state=bindparam("told", type_=LargeBinary))
)
WIPE = statement(
    update(ussd_sessions)
    .where(
        ussd_sessions.c.digest.in_(
            select(ussd_sessions.c.digest)
            .where(~_LIVING, ussd_sessions.c.state.is_not(None))
            .limit(BATCH)
        )
    )
    .values(state=null())
)
PURGE = deletion(ussd_sessions, ussd_sessions.c.expires_at <= _FORGOTTEN)


async def find(db: Executor, digest: bytes, now: datetime) -> Any:
    """Return a living session's row."""
    return await db.first(FIND, which=digest, now=now)


async def begin(db: Executor, **values: Any) -> bool:
    """Write a session's first row; false when there is one that ended after `forgotten`."""
    return await db.first(BEGIN, **values) is not None


async def claim(
    db: Executor, digest: bytes, seen: int, seen_digest: bytes, fresh_digest: bytes, now: datetime
) -> bool:
    """Take the input after the `seen` ones; false when somebody else did, or they were others."""
    row = await db.first(
        CLAIM,
        which=digest,
        seen=seen,
        seen_digest=seen_digest,
        fresh_digest=fresh_digest,
        now=now,
    )
    return row is not None


async def answer(db: Executor, digest: bytes, seen: int, state: bytes) -> None:
    """Keep what was answered to the last of the `seen` inputs."""
    await db.run(ANSWER, which=digest, seen=seen, told=state)


async def wipe(db: Database, now: datetime) -> int:
    """Forget the state of sessions that are over."""
    return await purging.purge(db, WIPE, now=now)


async def purge(db: Database, forgotten: datetime) -> int:
    """Delete sessions that ended before a moment."""
    return await purging.purge(db, PURGE, forgotten=forgotten)
