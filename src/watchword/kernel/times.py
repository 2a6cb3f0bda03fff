"""Spans of time as people read them: in what has passed whole, and by the calendar."""

from calendar import monthrange
from datetime import datetime, timedelta


def minutes(span: timedelta) -> int:
    """Return the whole minutes of a span."""
    return span // timedelta(minutes=1)


def hours(span: timedelta) -> int:
    """Return the whole hours of a span."""
    return span // timedelta(hours=1)


def months_before(now: datetime, months: int) -> datetime:
    """Return the same day so many months ago, or the last of that month."""
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    day = min(now.day, monthrange(year, month + 1)[1])
    return now.replace(year=year, month=month + 1, day=day)
