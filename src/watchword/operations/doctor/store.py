"""What PostgreSQL tells of itself, its clock, our role, and the protection of our tables."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Integer, Text, cast, column, func, select, table
from sqlalchemy.types import DateTime

from watchword.operations.doctor.rules import Isolation, Server
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement

_roles = table("pg_roles", column("rolname"), column("rolsuper"), column("rolbypassrls"))
_classes = table("pg_class", column("oid"), column("relrowsecurity"), column("relforcerowsecurity"))

_activity = table("pg_stat_activity", column("datname"), column("state"), column("wait_event_type"))

VERSION = statement(select(func.sqlite_version().label("version")))
SERVER = statement(
    select(
        func.current_setting("server_version", type_=Text).label("version"),
        cast(func.current_setting("max_connections"), Integer).label("most"),
        func.pg_is_in_recovery(type_=Boolean).label("standby"),
        func.clock_timestamp(type_=DateTime(timezone=True)).label("at"),
        func.pg_last_xact_replay_timestamp(type_=DateTime(timezone=True)).label("replayed_at"),
    )
)
ACTIVITY = statement(
    select(
        func.coalesce(_activity.c.state, "other", type_=Text).label("state"),
        func.count().label("number"),
        func.count().filter(_activity.c.wait_event_type == "Lock").label("locked"),
    )
    .where(_activity.c.datname == func.current_database(type_=Text))
    .group_by(_activity.c.state)
)
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


async def server(db: Executor, dialect: str) -> Server:
    """Return what the server tells of itself."""
    if dialect == "sqlite":
        row: Any = await db.first(VERSION)
        return Server(name="SQLite", version=row.version)
    row = await db.first(SERVER)
    states = {each.state: each for each in await db.all(ACTIVITY)}
    lag = row.at - row.replayed_at if row.standby and row.replayed_at is not None else timedelta(0)
    return Server(
        name="PostgreSQL",
        version=row.version,
        most=row.most,
        standby=row.standby,
        lag=lag,
        activity={state: each.number for state, each in states.items()},
        locked=sum(each.locked for each in states.values()),
    )


async def clock(db: Executor) -> datetime:
    """Return the time by PostgreSQL's clock."""
    row: Any = await db.first(CLOCK)
    found: datetime = row.at
    return found


async def isolation(db: Executor) -> Isolation:
    """Tell what our role may, and whether row-level security is in force, for the tables' owner too."""
    role: Any = await db.first(ROLE)
    users = await db.first(PROTECTED)
    return Isolation(
        superuser=role.rolsuper,
        bypass=role.rolbypassrls,
        enforced=users is not None and users.relrowsecurity and users.relforcerowsecurity,
    )
