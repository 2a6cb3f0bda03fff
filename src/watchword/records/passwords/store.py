"""All SQL of passwords."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, Text, Uuid, bindparam, delete, select, update

from watchword.kernel.ids import SubscriberId
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import DELETED, Personal, Told
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement, upsertion
from watchword.records.passwords.rules import Stored

passwords = tenant_table(
    "passwords",
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("hash", Text, nullable=False),
    Column("pepper_version", Integer, nullable=False),
    Column("set_at", Moment, nullable=False),
)

personal = Personal(
    passwords,
    owner=passwords.c.user_id,
    told=Told("password", passwords.c.set_at, single=True),
    erased=DELETED,
)

FIND = statement(
    select(passwords.c.hash, passwords.c.pepper_version).where(
        passwords.c.user_id == bindparam("user_id")
    )
)
SET_AT = statement(select(passwords.c.set_at).where(passwords.c.user_id == bindparam("user_id")))
WRITE = upsertion(
    passwords,
    "user_id",
    "hash",
    "pepper_version",
    "set_at",
    key=["user_id"],
    values=lambda new: {
        "hash": new.hash,
        "pepper_version": new.pepper_version,
        "set_at": new.set_at,
    },
)
EXCHANGE = statement(
    update(passwords)
    .where(
        passwords.c.user_id == bindparam("whose"), passwords.c.hash == bindparam("seen", type_=Text)
    )
    .values(
        hash=bindparam("fresh", type_=Text),
        pepper_version=bindparam("pepper", type_=Integer),
        set_at=bindparam("now", type_=Moment),
    )
    .returning(passwords.c.user_id)
)
FORGET = statement(delete(passwords).where(passwords.c.user_id == bindparam("user_id")))


async def find(db: Executor, user_id: SubscriberId) -> Stored | None:
    """Return a subscriber's hash."""
    row: Any = await db.first(FIND, user_id=user_id)
    return None if row is None else Stored(row.hash, row.pepper_version)


async def set_at(db: Executor, user_id: SubscriberId) -> datetime | None:
    """Return since when the password holds."""
    row: Any = await db.first(SET_AT, user_id=user_id)
    return None if row is None else row.set_at


async def write(tx: Executor, user_id: SubscriberId, stored: Stored, now: datetime) -> None:
    """Write the hash, instead of an earlier one."""
    await tx.first(
        WRITE, user_id=user_id, hash=stored.hash, pepper_version=stored.pepper_version, set_at=now
    )


async def exchange(
    tx: Executor, user_id: SubscriberId, seen: Stored, stored: Stored, now: datetime
) -> bool:
    """Write the hash, but only instead of the one seen."""
    row = await tx.first(
        EXCHANGE,
        whose=user_id,
        seen=seen.hash,
        fresh=stored.hash,
        pepper=stored.pepper_version,
        now=now,
    )
    return row is not None


async def forget(tx: Executor, user_id: SubscriberId) -> int:
    """Remove the hash."""
    return await tx.run(FORGET, user_id=user_id)
