"""A transaction on SQLite: statements on the writer's connection, in the writer's thread.

What nobody waits for goes with the commit; news leaves after it.
"""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from watchword.plumbing.db.ports import Broken, Unmet
from watchword.plumbing.db.slow import Ask
from watchword.plumbing.db.sqlite_errors import translated
from watchword.plumbing.db.statements import Statement

Run = Ask[sqlite3.Connection, tuple[list[Any], int]]


class SqliteTransaction:
    """An open transaction on the writer's connection."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        run: Run,
        in_thread: Callable[[Callable[[], Any]], Any],
    ) -> None:
        self._connection = connection
        self._run = run
        self._in_thread = in_thread
        self.news: list[tuple[str, str]] = []
        self.work: list[Callable[[], object]] = []
        self.committed = False
        self._broken = False
        self._left: list[tuple[str, list[Any]]] = []
        self._condition: tuple[str, list[Any]] | None = None

    def announce(self, topic: str, subject: str = "") -> None:
        """Tell every process of this after the commit."""
        self.news.append((topic, subject))

    def afterwards(self, work: Callable[[], object]) -> None:
        """Do this once all is committed."""
        self.work.append(work)

    async def turn(self, name: str) -> None:
        """Wait for nobody: whoever writes has every turn here."""

    async def first(self, statement: Statement, **values: Any) -> Any:
        """Run and return the first row, or None."""
        rows = await self.all(statement, **values)
        return rows[0] if rows else None

    async def all(self, statement: Statement, **values: Any) -> list[Any]:
        """Run and return every row."""
        rows: list[Any] = await self._ask(
            partial(rows_of, self._run, self._connection, statement, values)
        )
        return rows

    async def run(self, statement: Statement, **values: Any) -> int:
        """Run and return how many rows were touched."""
        count: int = await self._ask(
            partial(count_of, self._run, self._connection, statement, values)
        )
        return count

    async def later(self, statement: Statement, **values: Any) -> None:
        """Run with the commit."""
        form = statement.sqlite
        self._left.append((form.text, form.arguments(values)))

    async def provided(self, statement: Statement, **values: Any) -> None:
        """Commit only if this finds (or changes) a row."""
        assert self._condition is None, "one condition for each transaction"
        form = statement.sqlite
        self._condition = form.text, form.arguments(values)

    def commit(self) -> None:
        """Do what was left and commit (in the writer's thread); not after a failed statement."""
        if self._broken:
            raise Broken
        if self._condition is not None and not self._run(self._connection, *self._condition)[0]:
            raise Unmet
        for text, arguments in self._left:
            self._run(self._connection, text, arguments)
        self._run(self._connection, "COMMIT", ())
        self.committed = True

    async def _ask(self, work: Callable[[], Any]) -> Any:
        try:
            return await self._in_thread(work)
        except Exception:
            self._broken = True
            raise


def run_to_end(
    connection: sqlite3.Connection, text: str, arguments: Sequence[Any]
) -> tuple[list[Any], int]:
    """Run a statement to its end; return its records and how many rows were touched."""
    with translated():
        cursor = connection.execute(text, arguments)
        return cursor.fetchall(), cursor.rowcount


def rows_of(
    run: Run, connection: sqlite3.Connection, statement: Statement, values: dict[str, Any]
) -> list[Any]:
    """Run and return every row."""
    form = statement.sqlite
    records, _ = run(connection, form.text, form.arguments(values))
    return [form.row(record) for record in records]


def count_of(
    run: Run, connection: sqlite3.Connection, statement: Statement, values: dict[str, Any]
) -> int:
    """Run and return how many rows were touched."""
    form = statement.sqlite
    _, touched = run(connection, form.text, form.arguments(values))
    return touched
