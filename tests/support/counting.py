"""Counting: what a database is asked while something happens, as the driver itself sees it."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from tests.support.world import World
from watchword.plumbing.db.sqlite import SqliteDatabase


@contextlib.contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """Yield a list that grows by the first word of every statement that is run."""
    seen: list[str] = []
    database: Any = world.database
    if isinstance(database, SqliteDatabase):
        connections = (database._reader, database._writer)
        for connection in connections:
            connection.set_trace_callback(_tracer(seen))
        yield seen
        for connection in connections:
            connection.set_trace_callback(None)
        return
    with contextlib.ExitStack() as loggers:
        for connection, _ in database._pool._free:
            logger = connection.query_logger(lambda record: _note(seen, record.query))
            loggers.enter_context(logger)
        yield seen


def _tracer(seen: list[str]) -> Callable[[str], None]:
    """Return what SQLite tells of statements; of what a trigger does it tells under the outer one's text."""
    before = ""

    def trace(text: str) -> None:
        nonlocal before
        if not (text == before and text.startswith("INSERT INTO journal ")):
            _note(seen, text)
        before = text

    return trace


def _note(seen: list[str], text: str) -> None:
    if not text.startswith("PRAGMA") and "beat" not in text:
        seen.append(text.split(maxsplit=1)[0])
