"""A refresh token with its successor, its session and the account: one look tells all."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, select

from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import lookup
from watchword.records.refresh_tokens.store import refresh_tokens
from watchword.records.sessions.store import sessions
from watchword.records.subscribers.store import users

_NOW = bindparam("now", type_=Moment)
_successor = refresh_tokens.alias("successor")
_ALIVE = and_(
    sessions.c.ended_at.is_(None),
    sessions.c.expires_at > _NOW,
    sessions.c.idle_until > _NOW,
    users.c.status == "active",
)
HELD = lookup(
    select(
        refresh_tokens.c.session_id,
        refresh_tokens.c.used_at,
        refresh_tokens.c.used_by,
        refresh_tokens.c.expires_at,
        _successor.c.seed,
        _successor.c.used_at.label("successor_used_at"),
        _successor.c.expires_at.label("successor_expires_at"),
        _ALIVE.label("alive"),
        sessions.c.user_id,
        sessions.c.transport,
        sessions.c.methods,
        sessions.c.authenticated_at,
        sessions.c.last_used_at,
        sessions.c.expires_at.label("session_expires_at"),
        users.c.role,
        users.c.email,
        users.c.given_name,
        users.c.language,
    ).select_from(
        refresh_tokens.join(sessions, sessions.c.id == refresh_tokens.c.session_id)
        .join(users, users.c.id == sessions.c.user_id)
        .outerjoin(_successor, _successor.c.id == refresh_tokens.c.successor_id)
    ),
    key=refresh_tokens.c.digest,
)


async def held(db: Executor, digest: bytes, now: datetime) -> Any:
    """Return what there is to know of a token, or nothing; `alive`: the session and its account live."""
    return await db.first(HELD, digest=digest, now=now)
