"""All SQL of guesses."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    bindparam,
    case,
    null,
    select,
    update,
)

from watchword.plumbing.db import purging
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.ports import Database, Executor
from watchword.plumbing.db.purging import deletion
from watchword.plumbing.db.statements import statement, upsertion

guesses = tenant_table(
    "guesses",
    Column("key", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("locks", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("updated_at", Moment, nullable=False),
    Index("idx_guesses_updated_at", "updated_at"),
)

_BOUND = bindparam("bound", type_=Integer)
_IS_LOCKED = guesses.c.locked_until > bindparam("updated_at", type_=Moment)
_IS_FULL = guesses.c.failures >= _BOUND
_IS_LEFT = _IS_FULL & (guesses.c.updated_at <= bindparam("left_since", type_=Moment))

ENTER = upsertion(
    guesses,
    "key",
    "failures",
    "locks",
    "updated_at",
    key=["key"],
    values=lambda new: {
        "failures": case(
            (_IS_LOCKED, guesses.c.failures),
            (_IS_LEFT, 1),
            (_IS_FULL, _BOUND + 1),
            else_=guesses.c.failures + 1,
        ),
        "locks": case(
            (_IS_LOCKED, guesses.c.locks),
            (_IS_LEFT, guesses.c.locks + 1),
            else_=guesses.c.locks,
        ),
        "updated_at": case(
            (_IS_FULL & ~_IS_LEFT, guesses.c.updated_at),
            else_=new.updated_at,
        ),
    },
    returning=[
        guesses.c.failures,
        guesses.c.locks,
        guesses.c.locked_until,
        guesses.c.updated_at,
    ],
)
LOCK = statement(
    update(guesses)
    .where(guesses.c.key == bindparam("which"), _IS_FULL)
    .values(
        failures=0,
        locks=guesses.c.locks + 1,
        locked_until=bindparam("until", type_=Moment),
        updated_at=bindparam("now", type_=Moment),
    )
    .returning(guesses.c.locks)
)
EXCUSE = statement(
    update(guesses)
    .where(guesses.c.key == bindparam("which"), guesses.c.failures > 0)
    .values(failures=case((_IS_FULL, _BOUND - 1), else_=guesses.c.failures - 1))
)
FORGET = statement(
    update(guesses)
    .where(guesses.c.key == bindparam("which"))
    .values(failures=0, locks=0, locked_until=null())
)
LOOK = statement(
    select(guesses.c.failures, guesses.c.locks, guesses.c.locked_until).where(
        guesses.c.key == bindparam("which")
    )
)
PURGE = deletion(guesses, guesses.c.updated_at < bindparam("before", type_=Moment))


def entry(key: bytes, bound: int, now: datetime, left_since: datetime) -> dict[str, Any]:
    """Return the values of `ENTER`, which counts one guess under way.

    A locked key stays as it is. So does a full one, but for its failures, which are one beyond the bound
    then; unless it is so since `left_since`: it starts anew, with one lock more.
    """
    return {
        "key": key,
        "failures": 1,
        "locks": 0,
        "updated_at": now,
        "bound": bound,
        "left_since": left_since,
    }


async def enter(db: Executor, entry: Mapping[str, Any]) -> Any:
    """Count one guess under way; return failures, locks, locked_until, updated_at."""
    return await db.first(ENTER, **entry)


async def lock(db: Executor, key: bytes, bound: int, until: datetime, now: datetime) -> bool:
    """Lock a key that has reached the bound; false when somebody else did it first."""
    return await db.first(LOCK, which=key, bound=bound, until=until, now=now) is not None


async def excuse(db: Executor, key: bytes, bound: int) -> None:
    """Take one guess back."""
    await db.run(EXCUSE, which=key, bound=bound)


async def forget(tx: Executor, key: bytes) -> None:
    """Start anew."""
    await tx.later(FORGET, which=key)


async def look(db: Executor, key: bytes) -> Any:
    """Return failures, locks, locked_until of a key, or nothing."""
    return await db.first(LOOK, which=key)


async def purge(db: Database, before: datetime) -> int:
    """Delete counts that nobody touched since a moment."""
    return await purging.purge(db, PURGE, before=before)
