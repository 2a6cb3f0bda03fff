"""Outages: what keeps jobs from being done is said when it begins and ends, and once a minute between.

Said for each job in each round it would be a dozen lines a second, and nobody finds the one that matters.
"""

from datetime import datetime, timedelta
from typing import Final

from watchword.kernel.clock import Clock
from watchword.plumbing.logs.logger import log

_AGAIN: Final = timedelta(minutes=1)


class Outages:
    """The jobs that wait for something out of reach, and when each reason was last said."""

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing out of reach."""
        self._clock = clock
        self._waiting: set[str] = set()
        self._said: dict[str, datetime] = {}

    def delayed(self, job: str, reason: str) -> None:
        """A job could not be done: say so, unless the same was said within the minute."""
        now = self._clock.now()
        self._waiting.add(job)
        self._said = {each: at for each, at in self._said.items() if now - at < _AGAIN}
        if reason not in self._said:
            self._said[reason] = now
            log().warning("job delayed", job=job, reason=reason)

    def done(self, job: str) -> None:
        """A job was done: when it was the last that waited, all is well again."""
        if job in self._waiting:
            self._waiting.remove(job)
            if not self._waiting:
                self._said.clear()
                log().info("delayed jobs are done again", job=job)
