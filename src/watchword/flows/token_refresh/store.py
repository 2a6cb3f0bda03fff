"""The session of a refresh token, if it and its account still live."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from watchword.kernel.ids import SessionId
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement
from watchword.records.sessions.store import sessions
from watchword.records.subscribers.store import users

_NOW = bindparam("now", type_=Moment)
_SESSION = select(
    sessions.c.id,
    sessions.c.user_id,
    sessions.c.transport,
    sessions.c.methods,
    sessions.c.authenticated_at,
    sessions.c.last_used_at,
    sessions.c.expires_at,
    users.c.role,
    users.c.email,
    users.c.given_name,
    users.c.language,
).select_from(sessions.join(users, users.c.id == sessions.c.user_id))

ALIVE = statement(
    _SESSION.where(
        sessions.c.id == bindparam("session_id"),
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > _NOW,
        sessions.c.idle_until > _NOW,
        users.c.status == "active",
    )
)
WHOSE = statement(_SESSION.where(sessions.c.id == bindparam("session_id")))


async def alive(db: Executor, session_id: SessionId, now: datetime) -> Any:
    """Return a living session with its account."""
    return await db.first(ALIVE, session_id=session_id, now=now)


async def whose(db: Executor, session_id: SessionId) -> Any:
    """Return a session with its account, living or not."""
    return await db.first(WHOSE, session_id=session_id)
