"""Rate limits as pure arithmetic: at most `count` in any `window`, exactly.

A key's memory is a short list of (tick, hits): hits are remembered for one window, rounded to a
thousandth of it, so memory stays bounded however large the limit is. State, limit and `now` in,
verdict out; the counters (memory, Redis) keep the state.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta

TICKS = 1000


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` hits in any `window`; written `5/900000` (milliseconds) in settings."""

    count: int
    window: timedelta

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """Read `COUNT/MILLISECONDS`; ValueError says what is wrong."""
        count, slash, window = text.partition("/")
        if not slash or not count.strip().isdigit() or not window.strip().isdigit():
            message = "write it as COUNT/MILLISECONDS, for example 5/900000"
            raise ValueError(message)
        if int(count) < 1 or int(window) < 1:
            message = "count and window must be at least 1"
            raise ValueError(message)
        return cls(int(count), timedelta(milliseconds=int(window)))

    def __str__(self) -> str:
        """Write it as settings do."""
        return f"{self.count}/{round(self.window.total_seconds() * 1000)}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a limit says of one hit: `remaining` after it; `reset`/`retry_in` in seconds."""

    allowed: bool
    limit: int
    remaining: int
    reset: float
    retry_in: float = 0.0


@dataclass(slots=True)
class Hits:
    """The hits of one key within the window: pairs of tick and number, oldest first."""

    pairs: deque[list[int]] = field(default_factory=deque)
    total: int = 0


def weigh(limit: Limit, hits: Hits, now: float) -> Verdict:
    """Judge one hit at `now` (seconds, any monotone or wall clock) and remember it if allowed."""
    window = limit.window.total_seconds()
    tick = int(now * TICKS / window)
    pairs = hits.pairs
    while pairs and pairs[0][0] <= tick - TICKS:
        hits.total -= pairs.popleft()[1]
    oldest = pairs[0][0] if pairs else tick
    reset = (oldest + TICKS) * window / TICKS - now
    if hits.total >= limit.count:
        return Verdict(False, limit.count, 0, max(reset, 0.0), max(reset, 0.001))
    if pairs and pairs[-1][0] == tick:
        pairs[-1][1] += 1
    else:
        pairs.append([tick, 1])
    hits.total += 1
    return Verdict(True, limit.count, limit.count - hits.total, max(reset, 0.0))
