"""All SQL of suppressions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Integer,
    PrimaryKeyConstraint,
    Text,
    Uuid,
    bindparam,
    delete,
    or_,
    select,
    update,
)

from watchword.plumbing.contact import EmailAddress
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import ADDRESS, DELETED, Personal, Told
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import lookup, novelty, statement
from watchword.records.suppressions.rules import Suppression, SuppressionReason

suppressions = tenant_table(
    "suppressions",
    Column("address_key", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("withheld", Integer, nullable=False),
    Column("tried_at", Moment),
    Column("tried_by", Uuid),
    PrimaryKeyConstraint("tenant_id", "address_key", "reason"),
)

personal = Personal(
    suppressions,
    owner=suppressions.c.address_key,
    by=ADDRESS,
    told=Told(
        "suppressions",
        suppressions.c.address,
        suppressions.c.reason,
        suppressions.c.since,
        suppressions.c.withheld,
    ),
    erased=DELETED,
    order=(suppressions.c.reason,),
)

_WHICH = (
    suppressions.c.address_key == bindparam("key"),
    suppressions.c.reason == bindparam("why"),
)

ADD = novelty(
    suppressions,
    "address_key",
    "reason",
    "address",
    "source",
    "since",
    "withheld",
    key=("tenant_id", "address_key", "reason"),
)
LISTED = lookup(select(suppressions.c.address), key=suppressions.c.address_key)
REASONS = statement(
    select(suppressions.c.reason).where(suppressions.c.address_key == bindparam("key"))
)
EVERY = statement(
    select(
        suppressions.c.address,
        suppressions.c.reason,
        suppressions.c.source,
        suppressions.c.since,
        suppressions.c.withheld,
    ).order_by(suppressions.c.since, suppressions.c.address_key, suppressions.c.reason)
)
TRY = statement(
    update(suppressions)
    .where(
        *_WHICH,
        or_(
            suppressions.c.tried_at.is_(None),
            suppressions.c.tried_at <= bindparam("before", type_=Moment),
            suppressions.c.tried_by == bindparam("letter", type_=Uuid),
        ),
    )
    .values(tried_at=bindparam("now", type_=Moment), tried_by=bindparam("letter", type_=Uuid))
    .returning(suppressions.c.reason)
)
WITHHOLD = statement(
    update(suppressions).where(*_WHICH).values(withheld=suppressions.c.withheld + 1)
)
LIFT = statement(delete(suppressions).where(*_WHICH).returning(suppressions.c.reason))
REMOVE = statement(
    delete(suppressions)
    .where(suppressions.c.address_key == bindparam("key"))
    .returning(suppressions.c.reason)
)


async def add(
    tx: Executor, address: EmailAddress, reason: SuppressionReason, source: str, now: datetime
) -> bool:
    """Add an address for a reason; false when it is there already."""
    values: dict[str, Any] = {"address": address.text, "source": source, "since": now}
    row = await tx.first(ADD, address_key=address.key, reason=reason.value, withheld=0, **values)
    return row is not None


async def listed(db: Executor, key: str) -> bool:
    """Tell whether an address is on the list at all; many may be asked about at once."""
    return await db.first(LISTED, address_key=key) is not None


async def reasons(db: Executor, key: str) -> tuple[SuppressionReason, ...]:
    """Return why an address gets no letters."""
    return tuple(SuppressionReason(row.reason) for row in await db.all(REASONS, key=key))


async def every(db: Executor) -> list[Suppression]:
    """Return the whole list, oldest first."""
    return [
        Suppression(
            address=row.address,
            reason=SuppressionReason(row.reason),
            source=row.source,
            since=row.since,
            withheld=row.withheld,
        )
        for row in await db.all(EVERY)
    ]


async def begin_trial(
    db: Executor, key: str, reason: SuppressionReason, letter: UUID, now: datetime, before: datetime
) -> bool:
    """Note a letter as a trial; false when there was another one after `before`."""
    row = await db.first(TRY, key=key, why=reason.value, letter=letter, now=now, before=before)
    return row is not None


async def withhold(db: Executor, key: str, reason: SuppressionReason) -> None:
    """Count a letter that does not leave."""
    await db.run(WITHHOLD, key=key, why=reason.value)


async def lift(tx: Executor, key: str, reason: SuppressionReason) -> bool:
    """Take an address off the list for one reason; false when it was not there."""
    return await tx.first(LIFT, key=key, why=reason.value) is not None


async def remove(tx: Executor, key: str) -> tuple[SuppressionReason, ...]:
    """Take an address off the list; return the reasons it was there for."""
    return tuple(SuppressionReason(row.reason) for row in await tx.all(REMOVE, key=key))
