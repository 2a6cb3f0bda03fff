"""A table of every type, and its statements, for the contract of databases."""

from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    bindparam,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from watchword.migrations import connecting
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import insertion, lookup, statement

SCHEMA = """CREATE TABLE things (
    id {uuid} PRIMARY KEY, name TEXT UNIQUE, at {moment}, size INTEGER, good BOOLEAN,
    content {bytes}, facts {json}, spent_at {moment})"""
TYPES = {
    "sqlite": {"uuid": "CHAR(32)", "moment": "BIGINT", "bytes": "BLOB", "json": "JSON"},
    "postgresql": {"uuid": "UUID", "moment": "TIMESTAMPTZ", "bytes": "BYTEA", "json": "JSONB"},
}

things = Table(
    "things",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text),
    Column("at", Moment),
    Column("size", Integer),
    Column("good", Boolean),
    Column("content", LargeBinary),
    Column("facts", JSON().with_variant(JSONB(), "postgresql")),
    Column("spent_at", Moment),
)

PUT = statement(insertion(things, "id", "name", "at", "size", "good", "content", "facts"))
ADD = statement(insert(things).values(id=bindparam("id"), name=bindparam("name")))
GET = statement(select(things).where(things.c.id == bindparam("id")))
BY_NAME = statement(select(things.c.id).where(things.c.name == bindparam("name")))
LOOK_UP = lookup(select(things.c.id, things.c.name, things.c.size), key=things.c.name)
COUNT = statement(select(func.count().label("number")).select_from(things))
SIZED = statement(update(things).values(size=bindparam("becomes", type_=Integer)))
LACKED = {
    "a table": statement(select(Table("hats", MetaData(), Column("id", Uuid)))),
    "a column to read": statement(select(Table("things", MetaData(), Column("colour", Text)))),
    "a column to fill": statement(
        insert(Table("things", MetaData(), Column("colour", Text))).values(colour="red")
    ),
    "a column to change": statement(
        update(Table("things", MetaData(), Column("colour", Text))).values(colour="red")
    ),
}
SPEND = statement(
    update(things)
    .where(things.c.id == bindparam("which"), things.c.spent_at.is_(None))
    .values(spent_at=bindparam("now", type_=Moment))
    .returning(things.c.id)
)


async def add(db: Executor, name: str) -> UUID:
    """Add a thing of that name."""
    thing = uuid4()
    await db.run(ADD, id=thing, name=name)
    return thing


async def make_things(url: str) -> None:
    """Make the table."""
    dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
    schema = text(SCHEMA.format(**TYPES[dialect]))

    def make(connection: Connection) -> None:
        connection.execute(schema)
        connection.commit()

    if dialect == "sqlite":
        await connecting.on_sqlite(url, make)
    else:
        await connecting.on_postgres(url, None, make)
