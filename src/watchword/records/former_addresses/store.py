"""All SQL of former addresses."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, PrimaryKeyConstraint, Text, Uuid, bindparam, select

from watchword.kernel.ids import SubscriberId
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import DELETED, Personal, Told
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement, upsertion

former_addresses = tenant_table(
    "former_addresses",
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("address_key", Text, nullable=False),
    Column("given_up_at", Moment, nullable=False),
    PrimaryKeyConstraint("tenant_id", "user_id", "address_key"),
)

personal = Personal(
    former_addresses,
    owner=former_addresses.c.user_id,
    told=Told(
        "former_addresses",
        former_addresses.c.address_key.label("address"),
        former_addresses.c.given_up_at,
    ),
    erased=DELETED,
    order=(former_addresses.c.address_key,),
)

GIVE_UP = upsertion(
    former_addresses,
    "user_id",
    "address_key",
    "given_up_at",
    key=("tenant_id", "user_id", "address_key"),
    values=lambda new: {"given_up_at": new.given_up_at},
)
OF_USER = statement(
    select(former_addresses.c.address_key)
    .where(former_addresses.c.user_id == bindparam("whose"))
    .order_by(former_addresses.c.address_key)
)


async def give_up(tx: Executor, user_id: SubscriberId, key: str, now: datetime) -> None:
    """Note that an account no longer has an address."""
    await tx.run(GIVE_UP, user_id=user_id, address_key=key, given_up_at=now)


async def of_user(db: Executor, user_id: SubscriberId) -> tuple[str, ...]:
    """Return the addresses that an account had."""
    rows: list[Any] = await db.all(OF_USER, whose=user_id)
    return tuple(row.address_key for row in rows)
