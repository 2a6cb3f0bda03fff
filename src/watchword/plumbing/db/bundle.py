"""A bundle: what is left for the end of a transaction, sent as one statement, in one round trip.

Each write becomes a part of one `WITH`: all of them happen, and all see the database as it was before.
So a write is left for the end when nothing wants its answer and nothing in the bundle reads what
another part of it wrote; rows that refer to each other are compared when the whole is done.

A condition is a part too, the first one: if it finds no row, the division by the number of its rows
fails, and everything with it. News, if there are any, leave in the same statement.
Source: PostgreSQL, "Data-Modifying Statements in WITH".
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from watchword.plumbing.db.listening import CHANNEL
from watchword.plumbing.db.statements import Compiled

_PLACE = re.compile(r"\$(\d+)")
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
        self._texts: list[str] = []
        self._counts: list[int] = []
        self._arguments: list[Any] = []
        self._conditional = False

    @property
    def full(self) -> bool:
        """Tell whether it is time to send it: one statement takes only so many arguments."""
        return len(self._texts) >= _MOST

    def add(self, form: Compiled, arguments: Sequence[Any]) -> None:
        """Add a write."""
        self._texts.append(form.text)
        self._counts.append(len(arguments))
        self._arguments += arguments

    def demand(self, form: Compiled, arguments: Sequence[Any]) -> None:
        """Make all of it hang on a statement that finds a row."""
        assert not self._conditional, "one condition for each transaction"
        self._conditional = True
        self._texts.insert(0, form.text)
        self._counts.insert(0, len(arguments))
        self._arguments[:0] = arguments

    def statement(self, news: Sequence[tuple[str, str]]) -> tuple[str, list[Any]] | None:
        """Return the text and its arguments; nothing when nothing is left."""
        if not self._texts and not news:
            return None
        text = _bundled(tuple(self._texts), tuple(self._counts), (self._conditional, bool(news)))
        if news:
            payloads = [f"{topic}:{subject}" for topic, subject in news]
            return text, [*self._arguments, CHANNEL, payloads]
        return text, self._arguments


@lru_cache(_KINDS_REMEMBERED)
def _bundled(texts: tuple[str, ...], counts: tuple[int, ...], end: _End) -> str:
    """Return one statement of all parts; the news are its last two arguments."""
    before, parts = 0, []
    for number, (text, count) in enumerate(zip(texts, counts, strict=True)):
        parts.append(f"part{number} AS ({_moved(text, before)})")
        before += count
    return " ".join((f"WITH {', '.join(parts)}" if parts else "", _moved(_ENDS[end], before)))


def _moved(text: str, before: int) -> str:
    """Count the places of a statement from after those of the statements before it."""
    return _PLACE.sub(lambda place: f"${int(place[1]) + before}", text)
