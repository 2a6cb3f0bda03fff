"""The statements of a sign-in: an account joined with its password."""

from typing import Any

from sqlalchemy import bindparam, select

from watchword.kernel.ids import SubscriberId
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement
from watchword.records.passwords.store import passwords
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
    )
    .select_from(users.outerjoin(passwords, passwords.c.user_id == users.c.id))
    .where(users.c.email_key == bindparam("email_key"))
)

STILL = statement(
    select(users.c.id)
    .select_from(users.join(passwords, passwords.c.user_id == users.c.id))
    .where(users.c.id == bindparam("user_id"), passwords.c.hash == bindparam("hash"))
    .with_for_update(read=True)
)


async def by_email(db: Executor, email_key: str) -> Any:
    """Return the account of an address and its hash, if any."""
    return await db.first(BY_EMAIL, email_key=email_key)


async def still(tx: Executor, user_id: SubscriberId, password_hash: str) -> bool:
    """Tell whether this is still the password; it stays so until the transaction ends."""
    return await tx.first(STILL, user_id=user_id, hash=password_hash) is not None
