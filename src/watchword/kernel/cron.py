"""Cron: at which minutes something is to be done, in five fields, always in UTC.

    minute  hour  day of the month  month  day of the week        0 */6 * * *   every six hours
    *  all      a-b  from to      */n  a-b/n  every n-th from the first      a,b  several
    months and days of the week also by name (jan, mon); 0 and 7 are Sunday

Where both kinds of days are limited, a day that is either will do.
Source: POSIX.1-2017, crontab; steps and names as Vixie's cron has them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, takewhile
from typing import Final

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_DAY: Final = timedelta(days=1)
_LONGEST: Final = timedelta(days=8 * 366)  # from one 29 February to the next, over 2100
_ADVICE: Final = "write five fields such as 0 */6 * * * (minute, hour, day, month, day of the week)"


@dataclass(frozen=True, slots=True)
class Cron:
    """The minutes of a crontab line."""

    text: str
    _minutes: Sequence[int] = field(repr=False)
    _hours: Sequence[int] = field(repr=False)
    _on: Callable[[date], bool] = field(repr=False, compare=False)

    def latest(self, now: datetime) -> datetime:
        """Return the last such minute that has begun."""
        for day in self._days(now, -1):
            begun = [moment for moment in self._moments(day) if moment <= now]
            if begun:
                return begun[-1]
        raise LookupError(self.text)

    def next(self, now: datetime) -> datetime:
        """Return the first such minute that is yet to begin."""
        for day in self._days(now, 1):
            for moment in self._moments(day):
                if moment > now:
                    return moment
        raise LookupError(self.text)

    def _days(self, now: datetime, direction: int) -> Iterator[date]:
        today = now.astimezone(UTC).date()
        steps = takewhile(lambda step: step * _DAY <= _LONGEST, count())
        days = (today + direction * step * _DAY for step in steps)
        return (day for day in days if self._on(day))

    def _moments(self, day: date) -> Iterator[datetime]:
        for hour in self._hours:
            for minute in self._minutes:
                yield datetime.combine(day, time(hour, minute), UTC)


def cron(text: str) -> Cron:
    """Read a crontab line; ValueError says how to write one."""
    fields = text.lower().split()
    if len(fields) != 5:  # noqa: PLR2004 - the five of the advice
        raise ValueError(_ADVICE)
    minutes, hours = _numbers(fields[0], 0, 59), _numbers(fields[1], 0, 23)
    days, months = _numbers(fields[2], 1, 31), _numbers(fields[3], 1, 12, ["", *_MONTHS])
    weekdays = {number % 7 for number in _numbers(fields[4], 0, 7, _WEEKDAYS)}
    whole_month, whole_week = fields[2].startswith("*"), fields[4].startswith("*")

    def on(day: date) -> bool:
        if day.month not in months:
            return False
        by_date, by_weekday = day.day in days, day.isoweekday() % 7 in weekdays
        if whole_month or whole_week:
            return by_date and by_weekday
        return by_date or by_weekday

    read = Cron(" ".join(fields), minutes, hours, on)
    try:
        read.next(datetime(2096, 3, 1, tzinfo=UTC))
    except LookupError:
        raise ValueError("this day never comes") from None
    return read


def _numbers(text: str, low: int, high: int, names: Sequence[str] = ()) -> tuple[int, ...]:
    """Read one field."""
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            bounds = low, high
        elif dash or not slash:
            bounds = _number(first, names), _number(last if dash else first, names)
        else:
            raise ValueError(_ADVICE)
        every = _number(step) if slash else 1
        if not (low <= bounds[0] <= bounds[1] <= high and every):
            raise ValueError(_ADVICE)
        found.update(range(bounds[0], bounds[1] + 1, every))
    return tuple(sorted(found))


def _number(text: str, names: Sequence[str] = ()) -> int:
    if text and text in names:
        return names.index(text)
    if not re.fullmatch("[0-9]{1,2}", text):
        raise ValueError(_ADVICE)
    return int(text)
