"""All SQL of services."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, Text, Uuid, bindparam, select, text, update

from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import insertion, statement

_LIVE = text("revoked_at IS NULL")

services = tenant_table(
    "services",
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Index("idx_services_digest", "digest", unique=True),
    Index(
        "idx_services_name",
        "tenant_id",
        "name",
        unique=True,
        postgresql_where=_LIVE,
        sqlite_where=_LIVE,
    ),
)

INSERT = statement(insertion(services, "id", "name", "digest", "created_at"))
BY_DIGEST = statement(
    select(services.c.name).where(
        services.c.digest == bindparam("digest"), services.c.revoked_at.is_(None)
    )
)
EVERY = statement(
    select(services.c.id, services.c.name, services.c.created_at, services.c.revoked_at).order_by(
        services.c.created_at
    )
)
REVOKE = statement(
    update(services)
    .where(services.c.name == bindparam("which"), services.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now", type_=Moment))
)


async def insert(tx: Executor, service_id: UUID, name: str, digest: bytes, now: datetime) -> None:
    """Add a service; `Taken` when the name exists."""
    await tx.run(INSERT, id=service_id, name=name, digest=digest, created_at=now)


async def name_of(db: Executor, digest: bytes) -> str | None:
    """Return whose token it is."""
    row: Any = await db.first(BY_DIGEST, digest=digest)
    return None if row is None else row.name


async def every(db: Executor) -> list[Any]:
    """Return every service."""
    return await db.all(EVERY)


async def revoke(tx: Executor, name: str, now: datetime) -> bool:
    """Let a service in no more; false when there is none of that name."""
    return await tx.run(REVOKE, which=name, now=now) > 0
