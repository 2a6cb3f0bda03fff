"""What stores and services see of a database, whichever it is.

    first  the first row as a named tuple, or None      all    every row
    run    rows touched                                 later  with the commit, no answer

A transaction may hang on one more statement: `provided` it finds a row, all happens, else nothing.
One that only has these two is a single round trip.

Outside a transaction each call is its own commit. Problems: `Unavailable` when the database cannot
be reached, is out of connections, lacks a table or lacks us the right; `Taken` when a unique value
exists already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from watchword.kernel.problems import Problem, Unavailable

# To import SQLAlchemy takes a third of a start, and rules that name a transaction need none of it.
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from watchword.plumbing.db.holding import Hold
    from watchword.plumbing.db.statements import Statement


class DatabaseUnavailable(Unavailable):
    """The database is out of reach: try again in a moment."""

    code = "database_unavailable"


class SchemaBehind(DatabaseUnavailable):
    """The database lacks what this program needs: `watchword migrate up` brings it."""

    code = "schema_behind"


class DatabaseRefuses(DatabaseUnavailable):
    """The database does not let us write this: an operator has to look at its rights and triggers."""

    code = "database_refuses"


class Taken(Exception):
    """A unique value exists already; `constraint` names which, as far as the driver tells."""

    def __init__(self, constraint: str) -> None:
        """Keep the name."""
        super().__init__(constraint)
        self.constraint = constraint


class Unmet(Exception):
    """What a transaction was to happen only `provided` it held did not hold; nothing happened."""


class Broken(RuntimeError):
    """A statement of this transaction failed: it can only roll back, whoever caught the failure."""


class Executor(Protocol):
    """Something to run statements on: an open transaction, or the database itself."""

    async def first(self, statement: Statement, **values: Any) -> Any:
        """Run and return the first row, or None."""
        ...

    async def all(self, statement: Statement, **values: Any) -> list[Any]:
        """Run and return every row."""
        ...

    async def run(self, statement: Statement, **values: Any) -> int:
        """Run and return how many rows were touched."""
        ...

    async def later(self, statement: Statement, **values: Any) -> None:
        """Run a write with the commit, together with the others left for it (see `bundle`).

        For rows that nothing in this transaction reads or refers to before; errors come with the commit.
        """
        ...


class Transaction(Executor, Protocol):
    """All or nothing; commits when its block ends, rolls back when the block raises."""

    async def provided(self, statement: Statement, **values: Any) -> None:
        """Commit only if this finds (or changes) a row, which stays so until then; else `Unmet`.

        It runs with the commit, as what is left for `later`; once in a transaction.
        """
        ...

    async def turn(self, name: str) -> None:
        """Wait for whoever else has this name, and have it until the end.

        For what is true of several rows at once. Take it before any row is touched.
        """
        ...

    def announce(self, topic: str, subject: str = "") -> None:
        """Tell every process of this after the commit (see `changes`)."""
        ...

    def afterwards(self, work: Callable[[], object]) -> None:
        """Do this once all is committed, in the order of asking; never when it is not."""
        ...


class Database(Executor, Protocol):
    """A database: the transactions it opens, and the news it carries."""

    dialect: str

    @property
    def size(self) -> int:
        """How many connections are open."""
        ...

    @property
    def most(self) -> int:
        """How many connections there may be."""
        ...

    async def start(self) -> None:
        """Open the first connections and begin to listen for news; go on trying when that fails."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction for one flow."""
        ...

    def exclusively(self, name: str) -> AbstractAsyncContextManager[Hold | None]:
        """Hold a name that only one process holds at a time; nothing when another does (see `holding`)."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


__all__ = [
    "Broken",
    "Database",
    "DatabaseRefuses",
    "DatabaseUnavailable",
    "Executor",
    "Problem",
    "SchemaBehind",
    "Taken",
    "Transaction",
    "Unmet",
]
