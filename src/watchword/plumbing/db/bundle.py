"""A bundle: what is left for the end of a transaction, sent as one statement, in one round trip.

Each write becomes a part of one `WITH`: all of them happen, and all see the database as it was before.
So a write is left for the end when nothing wants its answer and nothing in the bundle reads what
another part of it wrote; rows that refer to each other are compared when the whole is done.

In which order PostgreSQL runs the parts it does not say. Rows for the same table are therefore one part, by
one `VALUES`: they are written, and numbered where the table numbers them, in the order they came in.

A condition is a part too, the first one: if it finds no row, the division by the number of its rows
fails, and everything with it. News, if there are any, leave in the same statement.
Source: PostgreSQL, "Data-Modifying Statements in WITH".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from watchword.plumbing.db.listening import CHANNEL
from watchword.plumbing.db.statements import Compiled

_PLACE = re.compile(r"\$(\d+)")
_ROW = re.compile(r"INSERT INTO \S+ \([^()]*\) VALUES (\([^()]*\))")
_KINDS_REMEMBERED = 256
_MOST = 64
_MET = "(SELECT 1 / least(count(*), 1) FROM part0)"
_TELL = "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload"
_End = tuple[bool, bool]
_ENDS: dict[_End, str] = {  # by: is there a condition, is there news
    (False, False): "SELECT 1",
    (False, True): _TELL,
    (True, False): f"SELECT {_MET}",
    (True, True): f"{_TELL} WHERE {_MET} = 1",
}


class Bundle:
    """What is left for the end."""

    def __init__(self) -> None:
        """Begin empty."""
        self._condition: _Part | None = None
        self._parts: list[_Part] = []
        self._rows: dict[str, _Part] = {}
        self._size = 0

    @property
    def full(self) -> bool:
        """Tell whether it is time to send it: one statement takes only so many arguments."""
        return self._size >= _MOST

    def add(self, form: Compiled, arguments: Sequence[Any]) -> None:
        """Add a write."""
        self._size += 1
        known = self._rows.get(form.text)
        if known is not None:
            known.arguments += arguments
            known.times += 1
            return
        part = _Part(form.text, list(arguments))
        self._parts.append(part)
        if _row_of(form.text) is not None:
            self._rows[form.text] = part

    def demand(self, form: Compiled, arguments: Sequence[Any]) -> None:
        """Make all of it hang on a statement that finds a row."""
        assert self._condition is None, "one condition for each transaction"
        self._size += 1
        self._condition = _Part(form.text, list(arguments))

    def statement(self, news: Sequence[tuple[str, str]]) -> tuple[str, list[Any]] | None:
        """Return the text and its arguments; nothing when nothing is left."""
        parts = self._parts if self._condition is None else [self._condition, *self._parts]
        if not parts and not news:
            return None
        kinds = tuple((each.text, each.times, len(each.arguments)) for each in parts)
        text = _bundled(kinds, (self._condition is not None, bool(news)))
        arguments = [one for each in parts for one in each.arguments]
        if news:
            arguments += [CHANNEL, [f"{topic}:{subject}" for topic, subject in news]]
        return text, arguments


@dataclass(slots=True)
class _Part:
    """A statement; a row that is written `times` has so many times the arguments."""

    text: str
    arguments: list[Any]
    times: int = 1


@lru_cache(_KINDS_REMEMBERED)
def _bundled(kinds: tuple[tuple[str, int, int], ...], end: _End) -> str:
    """Return one statement of all parts; the news are its last two arguments."""
    before, parts = 0, []
    for number, (text, times, count) in enumerate(kinds):
        whole = _repeated(text, times, count // times)
        parts.append(f"part{number} AS ({_moved(whole, before)})")
        before += count
    return " ".join((f"WITH {', '.join(parts)}" if parts else "", _moved(_ENDS[end], before)))


def _repeated(text: str, times: int, count: int) -> str:
    """Write a row so many times, each with its own arguments."""
    if times == 1:
        return text
    row = _row_of(text)
    assert row is not None
    return ", ".join([text, *(_moved(row, turn * count) for turn in range(1, times))])


@lru_cache(_KINDS_REMEMBERED)
def _row_of(text: str) -> str | None:
    """Return the row of values that a statement writes, if it does nothing else."""
    found = _ROW.fullmatch(text)
    return found[1] if found else None


def _moved(text: str, before: int) -> str:
    """Count the places of a statement from after those of the statements before it."""
    return _PLACE.sub(lambda place: f"${int(place[1]) + before}", text)
