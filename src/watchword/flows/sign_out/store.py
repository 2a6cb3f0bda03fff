"""The one statement of a sign-out by refresh token: the token's session and whose it is."""

from typing import Any

from sqlalchemy import bindparam, select

from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement
from watchword.records.refresh_tokens.store import refresh_tokens
from watchword.records.sessions.store import sessions

BY_REFRESH_TOKEN = statement(
    select(sessions.c.id, sessions.c.user_id)
    .select_from(sessions.join(refresh_tokens, refresh_tokens.c.session_id == sessions.c.id))
    .where(refresh_tokens.c.digest == bindparam("digest"), sessions.c.ended_at.is_(None))
)


async def by_refresh_token(db: Executor, digest: bytes) -> Any:
    """Return the session of a refresh token, used or not, and whose it is."""
    return await db.first(BY_REFRESH_TOKEN, digest=digest)
