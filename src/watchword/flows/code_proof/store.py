"""The statement of a code proof: the hash that the token of a known device is bound to."""

from typing import Any

from sqlalchemy import bindparam, select

from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement
from watchword.records.passwords.store import passwords
from watchword.records.subscribers.store import users

HASH = statement(
    select(passwords.c.hash)
    .select_from(users.join(passwords, passwords.c.user_id == users.c.id))
    .where(users.c.email_key == bindparam("email_key"))
)


async def hash_of(db: Executor, email_key: str) -> str | None:
    """Return the password hash of an address's account, if it has one."""
    row: Any = await db.first(HASH, email_key=email_key)
    return row.hash if row is not None else None
