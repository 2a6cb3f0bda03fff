"""A bundle: writes left for the end of a transaction, sent as one statement, in one round trip.

Each becomes a part of one `WITH`: all of them happen, and all see the database as it was before.
So a write is left for the end when nothing wants its answer and nothing in the bundle reads what
another part of it wrote; rows that refer to each other are compared when the whole is done.
Source: PostgreSQL, "Data-Modifying Statements in WITH".
"""

import re
from functools import lru_cache

_PLACE = re.compile(r"\$(\d+)")
_KINDS_REMEMBERED = 256


@lru_cache(_KINDS_REMEMBERED)
def bundled(parts: tuple[str, ...], counts: tuple[int, ...], last: str) -> str:
    """Return one statement of all parts and the `last`; `counts` are how many arguments each takes."""
    before = 0
    moved = []
    for part, count in zip((*parts, last), (*counts, 0), strict=True):
        moved.append(_moved(part, before))
        before += count
    *writes, end = moved
    named = ", ".join(f"w{number} AS ({write})" for number, write in enumerate(writes))
    return f"WITH {named} {end}"


def _moved(text: str, before: int) -> str:
    """Count the places of a statement from after those of the statements before it."""
    return _PLACE.sub(lambda place: f"${int(place[1]) + before}", text)
