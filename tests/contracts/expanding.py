"""What a revision of the half `before` does that a program of the version before may not bear.

    steps      every revision with the statements that it runs on PostgreSQL
    unbearable what of it takes something away from whoever still serves, or refuses or halts their writes

A revision that holds two tables in use (altered, or referred to) and a flow that needs both may wait for each
other until the database refuses one of them: a revision holds one such table.

Tables that a revision makes itself are its own: nobody knows them yet.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event

from watchword.migrations import migrate

_MADE = re.compile(r"CREATE TABLE (\w+)")
_HELD = re.compile(r"(?:ALTER TABLE|TRIGGER \w+ (?:.*? )?ON|REFERENCES) (\w+)")
_HEAD = re.compile(r"(?:UPDATE|INSERT INTO) alembic_version .*?'((?:before|after)_\d{4})'")
_RULES = (
    (r"ALTER TABLE (\w+) DROP (?:COLUMN )?(\w+)", "{1} of {0} goes"),
    (r"ALTER TABLE (\w+) RENAME (?:COLUMN )?(\w+)", "{1} of {0} is renamed"),
    (
        r"ALTER TABLE (\w+) ALTER (?:COLUMN )?(\w+) (?:SET NOT NULL|(?:SET DATA )?TYPE)",
        "{1} of {0} is another",
    ),
    (
        r"ALTER TABLE (\w+) ADD COLUMN (\w+)(?=.* NOT NULL)(?!.* DEFAULT )",
        "{1} of {0} must be given",
    ),
    (
        r"ALTER TABLE (\w+) ADD (?:CONSTRAINT (\w+)|UNIQUE|CHECK|FOREIGN)(?!.* NOT VALID)",
        "{0} is narrower: {1}",
    ),
    (
        r"CREATE UNIQUE INDEX (?:CONCURRENTLY )?(?:IF NOT EXISTS )?(\w+) ON (\w+)",
        "{1} is narrower: {0}",
    ),
    (
        r"CREATE INDEX (?!CONCURRENTLY)(?:IF NOT EXISTS )?(\w+) ON (\w+)",
        "writers of {1} wait for {0}",
    ),
    (r"DROP (?:TABLE|VIEW) (?:IF EXISTS )?(\w+)", "{0} goes"),
    (r"DROP INDEX (?!CONCURRENTLY)(?:IF EXISTS )?(\w+)", "{0} goes"),
    (r"(?:DELETE FROM|TRUNCATE|LOCK TABLE) (\w+)", "rows of {0} go, or wait"),
    (r"UPDATE (\w+) SET", "rows of {0} are changed"),
    (r"CREATE TRIGGER (\w+) BEFORE .*? ON (\w+)", "{1} may refuse: {0}"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A revision, and what it says to PostgreSQL."""

    revision: str
    statements: tuple[str, ...]


async def steps(url: str) -> list[Step]:
    """Migrate an empty PostgreSQL and return what each revision said."""
    said: list[str] = []

    def hear(
        _connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any
    ) -> None:
        said.append(" ".join(f"{statement} {list(parameters or ())}".split()))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        await migrate.up(url)
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    return [*_divided(said)]


def unbearable(statements: Iterable[str]) -> list[str]:
    """Say what whoever still runs the program before cannot bear; nothing of what is theirs to keep."""
    told = [*statements]
    made = {name for each in told for name in _MADE.findall(each)}
    held = {name for each in told for name in _HELD.findall(each)} - made
    at_once = [f"{', '.join(sorted(held))} are held at once"] if len(held) > 1 else []
    return at_once + [
        words.format(*found.groups())
        for each in told
        for pattern, words in _RULES
        if (found := re.match(pattern, each)) and not made & {*found.groups()}
    ]


def _divided(said: Iterable[str]) -> Iterator[Step]:
    """Divide what was said at each note of the revision that was reached."""
    since: list[str] = []
    for each in said:
        reached = _HEAD.match(each)
        if reached:
            yield Step(revision=reached[1], statements=tuple(since))
            since = []
        elif "alembic_version" not in each:
            since.append(each)
