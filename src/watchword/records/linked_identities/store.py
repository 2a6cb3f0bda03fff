"""All SQL of linked identities."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Text, Uuid, bindparam, delete, select, update

from watchword.kernel.ids import IdentityId, SubscriberId
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import DELETED, Personal, Told
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import insertion, statement
from watchword.records.linked_identities.rules import LinkedIdentity

linked_identities = tenant_table(
    "linked_identities",
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("linked_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=False),
    Index("idx_linked_identities_subject", "tenant_id", "issuer", "subject", unique=True),
    Index("idx_linked_identities_user_id", "user_id", "issuer", unique=True),
)

personal = Personal(
    linked_identities,
    owner=linked_identities.c.user_id,
    told=Told(
        "linked_sign_ins",
        linked_identities.c.issuer,
        linked_identities.c.subject,
        linked_identities.c.label,
        linked_identities.c.linked_at,
        linked_identities.c.used_at,
    ),
    erased=DELETED,
)

_FIELDS = (
    linked_identities.c.id,
    linked_identities.c.user_id,
    linked_identities.c.issuer,
    linked_identities.c.label,
    linked_identities.c.linked_at,
    linked_identities.c.used_at,
)
_MINE = linked_identities.c.user_id == bindparam("whose")
_THIS = linked_identities.c.id == bindparam("which")

INSERT = statement(insertion(linked_identities, *(c.name for c in _FIELDS), "subject"))
FIND = statement(
    select(*_FIELDS).where(
        linked_identities.c.issuer == bindparam("issuer"),
        linked_identities.c.subject == bindparam("subject"),
    )
)
OF_USER = statement(select(*_FIELDS).where(_MINE).order_by(linked_identities.c.linked_at))
USE = statement(
    update(linked_identities)
    .where(_THIS)
    .values(used_at=bindparam("now", type_=Moment))
    .returning(linked_identities.c.id)
)
REMOVE = statement(delete(linked_identities).where(_MINE, _THIS))
REMOVE_ALL = statement(delete(linked_identities).where(_MINE).returning(*_FIELDS))


async def insert(tx: Executor, linked: LinkedIdentity, subject: str) -> None:
    """Add an identity; `Taken` when it, or another of this issuer, is there."""
    await tx.run(
        INSERT,
        id=linked.id,
        user_id=linked.user_id,
        issuer=linked.issuer,
        subject=subject,
        label=linked.label,
        linked_at=linked.linked_at,
        used_at=linked.used_at,
    )


async def find(db: Executor, issuer: str, subject: str) -> LinkedIdentity | None:
    """Return an identity."""
    row: Any = await db.first(FIND, issuer=issuer, subject=subject)
    return None if row is None else _read(row)


async def of_user(db: Executor, user_id: SubscriberId) -> list[LinkedIdentity]:
    """Return the identities of an account, the oldest first."""
    return [_read(row) for row in await db.all(OF_USER, whose=user_id)]


async def use(tx: Executor, which: IdentityId, now: datetime) -> bool:
    """Note a use; false when there is no such identity any more."""
    return await tx.first(USE, which=which, now=now) is not None


async def remove(tx: Executor, user_id: SubscriberId, which: IdentityId) -> None:
    """Remove an identity of an account."""
    await tx.run(REMOVE, whose=user_id, which=which)


async def remove_all(tx: Executor, user_id: SubscriberId) -> list[LinkedIdentity]:
    """Remove every identity of an account; return them."""
    return [_read(row) for row in await tx.all(REMOVE_ALL, whose=user_id)]


def _read(row: Any) -> LinkedIdentity:
    return LinkedIdentity(**row._asdict())
