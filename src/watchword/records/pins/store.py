"""All SQL of PINs."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    Text,
    Uuid,
    bindparam,
    case,
    delete,
    null,
    or_,
    select,
    update,
)

from watchword.kernel.ids import SubscriberId
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import DELETED, Personal, Told
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement, upsertion

pins = tenant_table(
    "pins",
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("hash", Text, nullable=False),
    Column("pepper_version", Integer, nullable=False),
    Column("set_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locks", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("counted_at", Moment),
)

personal = Personal(
    pins,
    owner=pins.c.user_id,
    told=Told("pin", pins.c.set_at, pins.c.locked_until, single=True),
    erased=DELETED,
)

_MINE = pins.c.user_id == bindparam("whose")
_NOW = bindparam("now", type_=Moment)
_IS_FULL = pins.c.failures >= bindparam("bound", type_=Integer)
_IS_LEFT = or_(
    pins.c.counted_at.is_(None), pins.c.counted_at <= bindparam("left_since", type_=Moment)
)

ENTER = statement(
    update(pins)
    .where(
        _MINE,
        or_(pins.c.locked_until.is_(None), pins.c.locked_until <= _NOW),
        or_(~_IS_FULL, _IS_LEFT),
    )
    .values(
        failures=case((_IS_FULL, 1), else_=pins.c.failures + 1),
        locks=case((_IS_FULL, pins.c.locks + 1), else_=pins.c.locks),
        counted_at=_NOW,
    )
    .returning(pins.c.hash, pins.c.pepper_version, pins.c.failures, pins.c.locks)
)
LOOK = statement(select(pins.c.locked_until, pins.c.failures, pins.c.counted_at).where(_MINE))
EXCUSE = statement(
    update(pins).where(_MINE, pins.c.failures > 0).values(failures=pins.c.failures - 1)
)
LOCK = statement(
    update(pins)
    .where(_MINE, _IS_FULL)
    .values(failures=0, locks=pins.c.locks + 1, locked_until=bindparam("until", type_=Moment))
    .returning(pins.c.locks)
)
FORGET = statement(delete(pins).where(_MINE))
FORGIVE = statement(
    update(pins)
    .where(_MINE, pins.c.hash == bindparam("seen", type_=Text))
    .values(failures=0, locks=0, locked_until=null())
    .returning(pins.c.user_id)
)
EXCHANGE = statement(
    update(pins)
    .where(_MINE, pins.c.hash == bindparam("seen", type_=Text))
    .values(hash=bindparam("fresh", type_=Text), pepper_version=bindparam("pepper", type_=Integer))
)
_WRITTEN = ("hash", "pepper_version", "set_at", "failures", "locks", "locked_until")
WRITE = upsertion(
    pins,
    "user_id",
    *_WRITTEN,
    key=["user_id"],
    values=lambda new: {name: new[name] for name in _WRITTEN},
)


async def enter(
    db: Executor, user_id: SubscriberId, bound: int, now: datetime, left_since: datetime
) -> Any:
    """Count one try under way; nothing when there is no PIN, or it bears no more.

    One that bears no more since `left_since`, and is not locked, starts anew, with one lock more.
    """
    return await db.first(ENTER, whose=user_id, bound=bound, now=now, left_since=left_since)


async def look(db: Executor, user_id: SubscriberId) -> Any:
    """Return locked_until, failures, counted_at of a PIN; no row when there is none."""
    return await db.first(LOOK, whose=user_id)


async def excuse(db: Executor, user_id: SubscriberId) -> None:
    """Take one try back."""
    await db.run(EXCUSE, whose=user_id)


async def lock(db: Executor, user_id: SubscriberId, bound: int, until: datetime) -> bool:
    """Lock a PIN that has reached the bound; false when somebody else did it first."""
    return await db.first(LOCK, whose=user_id, bound=bound, until=until) is not None


async def forgive(db: Executor, user_id: SubscriberId, seen: str) -> bool:
    """Start anew; false when the PIN that was compared is no longer there."""
    return await db.first(FORGIVE, whose=user_id, seen=seen) is not None


async def exchange(
    db: Executor, user_id: SubscriberId, seen: str, fresh: str, pepper_version: int
) -> None:
    """Write the same PIN's new hash, but only instead of the one seen."""
    await db.run(EXCHANGE, whose=user_id, seen=seen, fresh=fresh, pepper=pepper_version)


async def write(
    tx: Executor, user_id: SubscriberId, pin_hash: str, pepper_version: int, now: datetime
) -> None:
    """Write a PIN, instead of an earlier one; nothing is counted against it."""
    await tx.first(
        WRITE,
        user_id=user_id,
        hash=pin_hash,
        pepper_version=pepper_version,
        set_at=now,
        failures=0,
        locks=0,
        locked_until=None,
    )


async def forget(tx: Executor, user_id: SubscriberId) -> None:
    """Remove the PIN."""
    await tx.run(FORGET, whose=user_id)
