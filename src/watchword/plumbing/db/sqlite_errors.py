"""SQLite's errors in our words: what a statement may raise.

taken              a row is there already
refuses, behind    a trigger does not let us; its tables are older than this code
unavailable        the file is away, full or in use: another try may succeed
"""

import contextlib
import sqlite3
from collections.abc import Iterator

from watchword.plumbing.db.ports import DatabaseRefuses, DatabaseUnavailable, SchemaBehind, Taken

_AWAY = (
    "locked",
    "full",
    "unable to open",
    "disk I/O",
    "readonly",
    "not a database",
    "disk image is malformed",
)
_BY_TRIGGER = "SQLITE_CONSTRAINT_TRIGGER"
_LACKS = ("no such table", "no such column", "has no column named")


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Say the driver's errors in our words."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        if "UNIQUE" in str(error):
            raise Taken(str(error).rpartition(": ")[2]) from error
        if error.sqlite_errorname == _BY_TRIGGER:
            raise DatabaseRefuses(private=f"sqlite: {error}") from error
        raise
    except sqlite3.DatabaseError as error:
        if any(word in str(error) for word in _LACKS):
            raise SchemaBehind(private=f"sqlite: {error}") from error
        if any(word in str(error) for word in _AWAY):
            raise DatabaseUnavailable(private=f"sqlite: {error}") from error
        raise
