"""The one statement of a session check: a session joined with its account."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from watchword.kernel.ids import SessionId
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import lookup
from watchword.records.sessions.store import sessions
from watchword.records.subscribers.store import users

_NOW = bindparam("now", type_=Moment)
_WHO = (
    select(
        sessions.c.id.label("session_id"),
        users.c.id.label("user_id"),
        users.c.email,
        users.c.given_name,
        users.c.family_name,
        users.c.name,
        users.c.phone,
        users.c.phone_verified_at.is_not(None).label("phone_verified"),
        users.c.email_verified_at.is_not(None).label("email_verified"),
        users.c.status,
        users.c.role,
        users.c.language,
        users.c.language_by,
        users.c.version,
        sessions.c.transport,
        sessions.c.methods,
        sessions.c.created_at,
        sessions.c.authenticated_at,
        sessions.c.last_used_at,
        sessions.c.expires_at,
        sessions.c.idle_until,
    )
    .select_from(sessions.join(users, users.c.id == sessions.c.user_id))
    .where(
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > _NOW,
        sessions.c.idle_until > _NOW,
        users.c.status == "active",
    )
)

BY_DIGEST = lookup(_WHO, key=sessions.c.digest)
BY_ID = lookup(_WHO, key=sessions.c.id)


async def by_digest(db: Executor, digest: bytes, now: datetime) -> Any:
    """Return the living session of a cookie's digest, with its account."""
    return await db.first(BY_DIGEST, digest=digest, now=now)


async def by_id(db: Executor, session_id: SessionId, now: datetime) -> Any:
    """Return a living session with its account."""
    return await db.first(BY_ID, id=session_id, now=now)
