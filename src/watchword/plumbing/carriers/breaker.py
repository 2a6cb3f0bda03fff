"""A breaker: leave alone for a while who fails again and again, then try once.

    closed      who has not failed five times in a row
    open        after that, for half a minute, twice as long after each further failure, ten minutes at
                most, and a little longer by chance; or for as long as they themselves asked for
    half open   the pause is over: one try decides; first come those that were never tried, and only after
                some seconds one that was: else what nobody can take would be the try that decides each time

One outage counts once: a try that began before the breaker opened says nothing new, and does not lengthen
the pause; unless they ask for more in answer to it.

Frozen, and without a clock: `now` and chance (`jitter`, from 0 to 1) are arguments.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from watchword.kernel.backoff import pause

FAILURES: Final = 5
_FOR_NEW_ONES: Final = timedelta(seconds=5)
_SHORTEST: Final = timedelta(seconds=30)
_LONGEST: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Breaker:
    """How often in a row somebody failed, and until when they are left alone."""

    failures: int = 0
    open_until: datetime | None = None
    opened_at: datetime | None = None

    def admits(self, now: datetime, *, tried: bool = False) -> bool:
        """Tell whether they may be asked, by something that was `tried` before or never."""
        until = self.closed_to(tried=tried)
        return until is None or until <= now

    def closed_to(self, *, tried: bool) -> datetime | None:
        """Return until when they are left alone by something that was `tried` before or never."""
        if self.open_until is None:
            return None
        return self.open_until + (_FOR_NEW_ONES if tried else timedelta(0))

    def succeeded(self) -> "Breaker":
        """Forget the failures."""
        return Breaker()

    def failed(
        self,
        began: datetime,
        now: datetime,
        jitter: float,
        asked_for: timedelta | None = None,
    ) -> "Breaker":
        """Count a try that failed; `asked_for` is how long they want to be left alone."""
        until = None if asked_for is None else now + asked_for
        if self.open_until and self.opened_at and began <= self.opened_at:
            return replace(self, open_until=max(self.open_until, until or self.open_until))
        failures = self.failures + 1
        if until is None and failures >= FAILURES:
            until = now + pause(failures - FAILURES + 1, _SHORTEST, _LONGEST, jitter)
        return Breaker(failures, until, now if until else None)
