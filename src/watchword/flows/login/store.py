"""The statement of a sign-in: whether the password that was compared is still the account's."""

from sqlalchemy import bindparam, select

from watchword.kernel.ids import SubscriberId
from watchword.plumbing.db.ports import Transaction
from watchword.plumbing.db.statements import statement
from watchword.records.passwords.store import passwords
from watchword.records.subscribers.store import users

STILL = statement(
    select(users.c.id)
    .select_from(users.join(passwords, passwords.c.user_id == users.c.id))
    .where(users.c.id == bindparam("user_id"), passwords.c.hash == bindparam("hash"))
    .with_for_update(key_share=True)  # a shared lock would wait for its like: `seen_at` follows
)


async def demand(tx: Transaction, user_id: SubscriberId, password_hash: str) -> None:
    """Commit only if this is still the password; it stays so until then."""
    await tx.provided(STILL, user_id=user_id, hash=password_hash)
