"""Rate limits as pure arithmetic: at most `count` in any `window`, exactly.

A key's memory is a short list of (tick, hits, newest): the hits of one tick, a thousandth of the window,
share an entry and are forgotten together, one window after the newest of them. So memory stays bounded
however large the limit is, and nobody waits longer than a window. State, limit and `now` in, verdict out;
the counters (memory, Redis) keep the state. All in whole microseconds, so that every counter comes to the
same verdict.

    tick_of -> the tick of a moment      weigh -> one hit against a state kept here
    judge   -> the verdict, for a counter that keeps the state elsewhere

A lock after too many failures is a limit, too: `lock_length` says how long it lasts, `locked_for` how much of
it is left, and a `MOMENT` is what one waits where nothing is locked, but as many tries as are borne are under
way.
"""

import re
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

TICKS = 1000
MICRO = 1_000_000
LONGEST_LOCK = timedelta(days=1)
MOMENT: Final = timedelta(seconds=1)
_UNDER_WAY: Final = timedelta(seconds=30)  # no try is for longer


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` hits in any `window`; written `5/900000` (milliseconds) in settings."""

    count: int
    window: timedelta
    microseconds: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Know the window in whole microseconds; it is asked for at every hit."""
        object.__setattr__(self, "microseconds", self.window // timedelta(microseconds=1))

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """Read `COUNT/MILLISECONDS`; ValueError says what is wrong."""
        found = re.fullmatch(r"\s*([0-9]{1,9})\s*/\s*([0-9]{1,12})\s*", text)
        if not found:
            message = "write it as COUNT/MILLISECONDS, for example 5/900000"
            raise ValueError(message)
        count, window = int(found[1]), int(found[2])
        if count < 1 or window < 1:
            message = "count and window must be at least 1"
            raise ValueError(message)
        return cls(count, timedelta(milliseconds=window))

    def __str__(self) -> str:
        """Write it as settings do."""
        return f"{self.count}/{round(self.window.total_seconds() * 1000)}"


class Verdict(NamedTuple):
    """What a limit says of one hit: `remaining` after it; `reset`/`retry_in` in seconds, never 0."""

    allowed: bool
    limit: int
    remaining: int
    reset: float
    retry_in: float = 0.0


@dataclass(slots=True)
class Hits:
    """The hits of one key within the window: tick, number, moment of the newest; oldest first."""

    entries: deque[list[int]] = field(default_factory=deque)
    total: int = 0


def tick_of(limit: Limit, moment: int) -> int:
    """Return the tick in which a moment lies (microseconds, by any clock)."""
    return moment * TICKS // limit.microseconds


def judge(limit: Limit, total: int, oldest: int, moment: int, *, allowed: bool) -> Verdict:
    """Say the verdict, from the hits remembered (this one too, if allowed) and when the oldest were.

    Never longer than a window, even after a clock that was ahead of ours.
    """
    window = limit.microseconds
    reset = min(oldest + window - moment, window) / MICRO
    if allowed:
        return Verdict(True, limit.count, limit.count - total, reset)
    return Verdict(False, limit.count, 0, reset, reset)


def weigh(limit: Limit, hits: Hits, moment: int) -> Verdict:
    """Judge one hit at a moment and remember it if allowed."""
    tick, entries = moment * TICKS // limit.microseconds, hits.entries
    while entries and entries[0][2] + limit.microseconds <= moment:
        hits.total -= entries.popleft()[1]
    allowed = hits.total < limit.count
    if allowed:
        hits.total += 1
        if entries and entries[-1][0] == tick:
            newest = entries[-1]
            newest[1], newest[2] = newest[1] + 1, moment
        else:
            entries.append([tick, 1, moment])
    return judge(limit, hits.total, entries[0][2], moment, allowed=allowed)


def microseconds(seconds: float) -> int:
    """Return a moment in whole microseconds, as every counter wants it."""
    return round(seconds * MICRO)


def lock_length(first: timedelta, locks: int) -> timedelta:
    """Return how long the lock after `locks` earlier ones lasts: doubling, at most a day."""
    return max(first, min(first * int(2 ** min(locks, 16)), LONGEST_LOCK))


def locked_for(
    until: datetime | None, full_since: datetime | None, first: timedelta, now: datetime
) -> timedelta | None:
    """Return for how long tries are still refused by a lock; nothing while there is none.

    `full_since`: when the last of as many tries as are borne began. Of those that nobody settled (the process
    died) it is not known whether they were wrong: they are a lock that began with the last of them.
    """
    if until is not None and until > now:
        return until - now
    if full_since is not None and full_since + _UNDER_WAY <= now < full_since + first:
        return full_since + first - now
    return None
