"""The statement of a password proof: an account, its password, and whether it knows the browser."""

from typing import Any

from sqlalchemy import bindparam, select

from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement
from watchword.records.passwords.store import passwords
from watchword.records.sessions.store import is_new_device
from watchword.records.subscribers.store import users

BY_EMAIL = statement(
    select(
        users.c.id,
        users.c.email,
        users.c.email_verified_at,
        users.c.given_name,
        users.c.family_name,
        users.c.name,
        users.c.role,
        users.c.language,
        users.c.status,
        passwords.c.hash,
        passwords.c.pepper_version,
        is_new_device(users.c.id).label("new_device"),
    )
    .select_from(users.outerjoin(passwords, passwords.c.user_id == users.c.id))
    .where(users.c.email_key == bindparam("email_key"))
)


async def by_email(db: Executor, email_key: str, user_agent: str) -> Any:
    """Return the account of an address and its hash, if any; `new_device`: seen by no such browser."""
    return await db.first(BY_EMAIL, email_key=email_key, user_agent=user_agent)
