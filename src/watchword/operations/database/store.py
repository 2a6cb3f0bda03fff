"""What PostgreSQL counts: statements (an extension, in whichever schema) and uses of indexes."""

from typing import Any

from sqlalchemy import bindparam, column, func, select, table
from sqlalchemy.types import BigInteger, Integer, Text

from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement

_extensions = table("pg_extension", column("extname"), column("extnamespace"))
_namespaces = table("pg_namespace", column("oid"), column("nspname"))
_indexes = table(
    "pg_stat_user_indexes",
    column("schemaname"),
    column("relname"),
    column("indexrelname"),
    column("indexrelid"),
    column("idx_scan"),
)

EXTENSION = statement(
    select(_namespaces.c.nspname)
    .select_from(_extensions.join(_namespaces, _namespaces.c.oid == _extensions.c.extnamespace))
    .where(_extensions.c.extname == "pg_stat_statements")
)
INDEXES = statement(
    select(
        _indexes.c.indexrelname.label("index"),
        _indexes.c.relname.label("table"),
        _indexes.c.idx_scan.label("scans"),
        func.pg_relation_size(_indexes.c.indexrelid, type_=BigInteger).label("bytes"),
    )
    .where(_indexes.c.schemaname == func.current_schema(type_=Text))
    .order_by(_indexes.c.idx_scan, _indexes.c.indexrelname)
)


async def extension_schema(db: Executor) -> str | None:
    """Return where pg_stat_statements is, or nothing."""
    row: Any = await db.first(EXTENSION)
    return None if row is None else str(row.nspname)


async def slow(db: Executor, schema: str, most: int) -> list[Any]:
    """Return the statements on this database that take longest on average."""
    counted = table(
        "pg_stat_statements",
        column("dbid"),
        column("query"),
        column("calls"),
        column("rows"),
        column("mean_exec_time"),
        column("total_exec_time"),
        schema=schema,
    )
    databases = table("pg_database", column("oid"), column("datname"))
    ours = select(databases.c.oid).where(databases.c.datname == func.current_database(type_=Text))
    asked = (
        select(
            counted.c.mean_exec_time.label("mean_ms"),
            counted.c.calls,
            counted.c.total_exec_time.label("total_ms"),
            counted.c.rows.label("number"),
            counted.c.query.label("statement"),
        )
        .where(counted.c.dbid == ours.scalar_subquery())
        .order_by(counted.c.mean_exec_time.desc())
        .limit(bindparam("most", type_=Integer))
    )
    return list(await db.all(statement(asked), most=most))


async def indexes(db: Executor) -> list[Any]:
    """Return every index of ours, the least used first."""
    return list(await db.all(INDEXES))
