"""Column types that mean the same on PostgreSQL and SQLite, and the metadata all tables share.

Times are UTC-aware datetimes in Python: `timestamptz` on PostgreSQL, microseconds since 1970 in an
integer on SQLite (it orders and compares as time does). Every table carries its tenant: on
PostgreSQL the default and the row-level policy both read the connection's `watchword.tenant`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Uuid
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from watchword.kernel.ids import DEFAULT_TENANT

metadata = MetaData(
    naming_convention={
        "ix": "idx_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """A point in time, aware and in UTC, to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use an integer on SQLite, which has no type for time."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Leave it to the driver on PostgreSQL; count microseconds on SQLite."""
        return _to_microseconds if dialect.name == "sqlite" else None

    def result_processor(
        self,
        dialect: Dialect,
        coltype: object,  # noqa: ARG002 - SQLAlchemy passes it
    ) -> Callable[[Any], Any] | None:
        """Leave it to the driver on PostgreSQL; read microseconds on SQLite."""
        return _from_microseconds if dialect.name == "sqlite" else None


def _to_microseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)


def _from_microseconds(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


class CurrentTenant(ColumnElement[UUID]):
    """The tenant of this connection: a column's default, and what to compare with where it is in an index."""

    inherit_cache = True
    type = Uuid()


@compiles(CurrentTenant, "postgresql")
def _tenant_on_postgres(_element: CurrentTenant, _compiler: SQLCompiler, **_: object) -> str:
    return "current_setting('watchword.tenant')::uuid"


@compiles(CurrentTenant)
def _tenant_elsewhere(_element: CurrentTenant, _compiler: SQLCompiler, **_: object) -> str:
    return f"'{DEFAULT_TENANT.hex}'"


def tenant_table(name: str, *parts: SchemaItem) -> Table:
    """Declare a table whose rows belong to a tenant; stores need not know of it."""
    tenant = Column("tenant_id", Uuid, nullable=False, server_default=CurrentTenant())
    return Table(name, metadata, tenant, *parts)
