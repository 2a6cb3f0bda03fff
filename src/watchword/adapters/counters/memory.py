"""Counters of this process: exact, forgetful of idle keys, bounded."""

from collections import defaultdict
from datetime import datetime, timedelta

from watchword.kernel.limits import Hits, Limit, Verdict, microseconds, weigh
from watchword.kernel.ports import Fill

MOST_KEYS = 50_000


class MemoryCounters:
    """Counts in memory; keys of one window stand in the order in which they will be idle."""

    def __init__(self, most: int = MOST_KEYS) -> None:
        """Remember at most so many keys; beyond that, those that are idle soonest go first."""
        self._most = most
        self._known: dict[timedelta, dict[str, Hits]] = defaultdict(dict)

    async def hit(self, key: str, limit: Limit, now: datetime) -> Verdict:
        """Count one hit, if the limit allows it."""
        moment = microseconds(now.timestamp())
        known = self._known[limit.window]
        hits = known.pop(key, None)
        if hits is None:
            self._forget_idle(known, moment - limit.microseconds)
            if len(self) >= self._most:
                self._forget_one()
            hits = Hits()
        verdict = weigh(limit, hits, moment)
        if hits.entries:
            known[key] = hits
        return verdict

    async def check(self) -> str | None:
        """Return nothing: memory is always there."""
        return None

    async def fill(self) -> Fill | None:
        """Return nothing: it is shared with nobody."""
        return None

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return sum(map(len, self._known.values()))

    def _forget_idle(self, known: dict[str, Hits], over: int) -> None:
        """Drop the keys whose newest hit lies outside the window."""
        while known:
            key, hits = next(iter(known.items()))
            if hits.entries[-1][2] > over:
                break
            del known[key]

    def _forget_one(self) -> None:
        known = max(self._known.values(), key=len)
        del known[next(iter(known))]
