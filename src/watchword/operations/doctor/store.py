"""What PostgreSQL tells of its clock, our role, and the protection of our tables."""

from datetime import datetime
from typing import Any

from sqlalchemy import Text, column, func, literal, select, table
from sqlalchemy.types import DateTime

from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement

_roles = table("pg_roles", column("rolname"), column("rolsuper"), column("rolbypassrls"))
_classes = table("pg_class", column("oid"), column("relrowsecurity"), column("relforcerowsecurity"))

PING = statement(select(literal(1).label("one")))
CLOCK = statement(select(func.clock_timestamp(type_=DateTime(timezone=True)).label("at")))
ROLE = statement(
    select(_roles.c.rolsuper, _roles.c.rolbypassrls).where(
        _roles.c.rolname == func.current_user(type_=Text)
    )
)
PROTECTED = statement(
    select(_classes.c.relrowsecurity, _classes.c.relforcerowsecurity).where(
        _classes.c.oid == func.to_regclass("users")
    )
)


async def ping(db: Executor) -> bool:
    """Tell whether the database answers."""
    return await db.first(PING) is not None


async def clock(db: Executor) -> datetime:
    """Return the time by PostgreSQL's clock."""
    row: Any = await db.first(CLOCK)
    found: datetime = row.at
    return found


async def role(db: Executor) -> tuple[bool, bool]:
    """Tell whether our role is a superuser, and whether it bypasses row-level security."""
    row: Any = await db.first(ROLE)
    return bool(row.rolsuper), bool(row.rolbypassrls)


async def protected(db: Executor) -> bool:
    """Tell whether row-level security is in force on our tables, for their owner too."""
    row: Any = await db.first(PROTECTED)
    return row is not None and bool(row.relrowsecurity) and bool(row.relforcerowsecurity)
