"""A statement: written once in SQLAlchemy Core, compiled once for each dialect, run by the driver.

    FIND = statement(select(users.c.id).where(users.c.email == bindparam("email")))
    row = await tx.first(FIND, email="alice@example.org")      # a named tuple, or None

On PostgreSQL no value needs converting; on SQLite the dialect's own processors do it.

    WHO = lookup(select(...), key=sessions.c.digest)           # by one key, on the hot path
    row = await database.first(WHO, digest=..., now=now)       # asked together (see `gathering`)
"""

import json
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import JSON, Select, any_, bindparam, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import Column, Table
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.selectable import SelectBase

Processor = Callable[[Any], Any] | None

_POSTGRES: Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_SQLITE = SQLiteDialect_pysqlite(paramstyle="qmark")


class Compiled:
    """One statement in one dialect: its text, how arguments go in and how rows come out."""

    __slots__ = ("_arguments", "_processors", "_row", "names", "text")

    def __init__(self, core: Executable, dialect: Dialect) -> None:
        """Compile; happens once, at first use."""
        compiled: Any = core.compile(dialect=dialect)  # type: ignore[attr-defined]
        self.text: str = compiled.string
        self._arguments = [
            (name, bind.effective_value, bind.required, _bind(bind.type, dialect))
            for name in compiled.positiontup or ()
            for bind in (compiled.binds[name],)
        ]
        columns = compiled._result_columns  # noqa: SLF001 - no public way to the result's types
        self.names = tuple(column.keyname for column in columns)
        self._row = _row_maker(self.names)
        processors = [_result(column.type, dialect) for column in columns]
        self._processors = processors if any(processors) else None

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Put the values in the driver's order; KeyError: one that the statement needs is missing."""
        ordered = []
        for name, preset, required, process in self._arguments:
            value = values[name] if required or name in values else preset
            ordered.append(process(value) if process is not None else value)
        return ordered

    def row(self, record: Sequence[Any]) -> Any:
        """Turn the driver's record into a named tuple."""
        if self._processors is None:
            return self._row(record)
        return self._row(
            [v if p is None else p(v) for v, p in zip(record, self._processors, strict=True)]
        )


class Statement:
    """A Core statement with its compiled forms."""

    def __init__(self, core: Executable, on_sqlite: Executable | None = None) -> None:
        """Keep the Core form; it is compiled when a database first runs it."""
        self.core = core
        self._on_sqlite = on_sqlite if on_sqlite is not None else core
        self.reads = isinstance(core, SelectBase)

    @cached_property
    def postgres(self) -> Compiled:
        """The form for asyncpg."""
        return Compiled(self.core, _POSTGRES)

    @cached_property
    def sqlite(self) -> Compiled:
        """The form for sqlite3."""
        return Compiled(self._on_sqlite, _SQLITE)


class Lookup(Statement):
    """A row by one key, which many may ask for at once; any other value may be any asker's.

    On PostgreSQL it takes a list of keys, and the key comes back as the row's last column, `found`.
    On SQLite there is no round trip to save: one key, one row.
    """

    def __init__(self, core: Select[Any], key: Column[Any]) -> None:
        """Look rows of `core` up by a column; the value is given by the column's name."""
        keys = bindparam(key.name, type_=postgresql.ARRAY(key.type))
        super().__init__(
            core.add_columns(key.label("found")).where(key == any_(keys)),
            core.add_columns(key.label("found")).where(key == bindparam(key.name, type_=key.type)),
        )
        self.key = key.name


def statement(core: Executable) -> Statement:
    """Make a statement to be kept at module level."""
    return Statement(core)


def lookup(core: Select[Any], key: Column[Any]) -> Lookup:
    """Make a look-up to be kept at module level."""
    return Lookup(core, key)


def among(column: Any, values: str, build: Callable[[Any], Executable]) -> Statement:
    """Make a statement of rows whose column is among some values, found by its index on either database.

    `build` gets that condition; often it is the `where` of a Core statement. The values are given as a list.
    """
    there = func.json_each(bindparam(values, type_=JSON)).table_valued("value")
    return Statement(
        build(column == any_(bindparam(values, type_=postgresql.ARRAY(column.type)))),
        build(column.in_(select(there.c.value))),
    )


def insertion(table: Table, *names: str) -> Insert:
    """Insert one row, its values given by column name when it runs."""
    return insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in names})


def novelty(table: Table, *names: str, key: Sequence[str]) -> Statement:
    """Insert one row unless the same key is there; a row comes back only when it is new."""

    def build(kind: Any) -> Executable:
        wanted = kind(table).values(
            {name: bindparam(name, type_=table.c[name].type) for name in names}
        )
        built: Executable = wanted.on_conflict_do_nothing(index_elements=list(key)).returning(
            table.c[key[-1]]
        )
        return built

    return Statement(build(postgresql.insert), build(sqlite.insert))


def upsertion(
    table: Table,
    *names: str,
    key: Sequence[str],
    values: Callable[[Any], Mapping[str, Any]],
    live: Any = None,
    only: Callable[[Any], Any] = lambda _new: None,
    returning: Sequence[Any] = (),
) -> Statement:
    """Insert one row, or change the one that has the same key (within the part `live` of the table).

    `values` gets the row that could not be inserted and says what becomes of the one that is there;
    `only` gets it too and says when: else nothing changes, and no row comes back.
    """

    def build(kind: Any) -> Executable:
        wanted = kind(table).values(
            {name: bindparam(name, type_=table.c[name].type) for name in names}
        )
        built: Executable = wanted.on_conflict_do_update(
            index_elements=list(key),
            index_where=live,
            set_=values(wanted.excluded),
            where=only(wanted.excluded),
        ).returning(*(returning or [table.c[key[-1]]]))
        return built

    return Statement(build(postgresql.insert), build(sqlite.insert))


def _row_maker(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """Return what makes a named tuple of a record; the names are the query's."""
    make: Any = namedtuple  # noqa: PYI024 - the fields are known only here
    return make("Row", names, rename=True)._make if names else tuple


def _bind(kind: Any, dialect: Dialect) -> Processor:
    processor: Processor = kind.dialect_impl(dialect).bind_processor(dialect)
    return processor


def _from_json(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _result(kind: Any, dialect: Dialect) -> Processor:
    known = kind.dialect_impl(dialect)
    if isinstance(known, JSON) and dialect is _POSTGRES:
        return _from_json  # SQLAlchemy would teach every connection to do it
    processor: Processor = known.result_processor(dialect, None)
    return processor
