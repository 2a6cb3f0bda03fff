"""All SQL of the ledger of resets."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Text,
    Uuid,
    bindparam,
    or_,
    select,
    update,
)

from watchword.kernel.ids import SubscriberId
from watchword.plumbing.db import purging
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import DELETED, Personal, Told
from watchword.plumbing.db.ports import Database, Executor
from watchword.plumbing.db.purging import deletion
from watchword.plumbing.db.statements import insertion, statement
from watchword.records.resets.rules import Status

resets = tenant_table(
    "molam_reset_requests",
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE")),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("reason", Text),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("idx_reset_user_kind", "user_id", "kind", "status"),
    Index("idx_reset_created", "created_at"),
)

personal = Personal(
    resets,
    owner=resets.c.user_id,
    told=Told(
        "resets",
        resets.c.id,
        resets.c.kind,
        resets.c.status,
        resets.c.channel,
        resets.c.country,
        resets.c.reason,
        resets.c.created_at,
        resets.c.updated_at,
    ),
    erased=DELETED,
)

_UNDER_WAY = or_(
    resets.c.status == Status.REQUESTED.value, resets.c.status == Status.VERIFIED.value
)
_NOW = {"updated_at": bindparam("now", type_=Moment)}

ASK = statement(
    insertion(
        resets,
        "id",
        "user_id",
        "kind",
        "status",
        "channel",
        "country",
        "reason",
        "created_at",
        "expires_at",
        "updated_at",
    )
)
SUPERSEDE = statement(
    update(resets)
    .where(
        resets.c.user_id == bindparam("whose"),
        resets.c.kind == bindparam("what", type_=Text),
        resets.c.channel == bindparam("by", type_=Text),
        resets.c.id != bindparam("newest"),
        _UNDER_WAY,
    )
    .values(status=Status.EXPIRED.value, **_NOW)
)
VERIFY = statement(
    update(resets)
    .where(resets.c.id == bindparam("which"), resets.c.status == Status.REQUESTED.value)
    .values(status=Status.VERIFIED.value, expires_at=bindparam("until", type_=Moment), **_NOW)
    .returning(resets.c.channel, resets.c.country)
)
COMPLETE = statement(
    update(resets)
    .where(resets.c.id == bindparam("which"), _UNDER_WAY)
    .values(status=Status.COMPLETED.value, **_NOW)
    .returning(resets.c.channel, resets.c.country)
)
BLOCK = statement(
    update(resets)
    .where(resets.c.id == bindparam("which"), resets.c.status == Status.REQUESTED.value)
    .values(status=Status.BLOCKED.value, reason=bindparam("why", type_=Text), **_NOW)
    .returning(resets.c.channel, resets.c.country)
)
EXPIRE = statement(
    update(resets)
    .where(_UNDER_WAY, resets.c.expires_at <= bindparam("now", type_=Moment))
    .values(status=Status.EXPIRED.value, **_NOW)
)
FIND = statement(select(resets.c.channel).where(resets.c.id == bindparam("which")))
PURGE = deletion(resets, resets.c.created_at < bindparam("before", type_=Moment))


async def ask(tx: Executor, **values: Any) -> None:
    """Write a row."""
    await tx.run(ASK, **values)


async def supersede(
    tx: Executor,
    newest: UUID,
    user_id: SubscriberId | None,
    kind: str,
    channel: str,
    now: datetime,
) -> None:
    """Let all else that the account has under way by this channel expire.

    After `ask`, never before it: a new row takes hold of its account, and whoever has hold of an
    account may want its rows.
    """
    await tx.run(SUPERSEDE, newest=newest, whose=user_id, what=kind, by=channel, now=now)


async def verify(tx: Executor, reset_id: UUID, until: datetime, now: datetime) -> Any:
    """Take a row from requested to verified; nothing when it is not there."""
    return await tx.first(VERIFY, which=reset_id, until=until, now=now)


async def complete(tx: Executor, reset_id: UUID, now: datetime) -> Any:
    """Complete a row that is under way; nothing when it is not."""
    return await tx.first(COMPLETE, which=reset_id, now=now)


async def block(tx: Executor, reset_id: UUID, why: str, now: datetime) -> Any:
    """Block a row that was requested; nothing when it is not there."""
    return await tx.first(BLOCK, which=reset_id, why=why, now=now)


async def find(db: Executor, reset_id: UUID) -> Any:
    """Return a row, whatever became of it; nothing when it is not there."""
    return await db.first(FIND, which=reset_id)


async def expire(db: Executor, now: datetime) -> int:
    """Let every row expire whose time is over; return how many."""
    return await db.run(EXPIRE, now=now)


async def purge(db: Database, before: datetime) -> int:
    """Delete rows that were written before a moment."""
    return await purging.purge(db, PURGE, before=before)
