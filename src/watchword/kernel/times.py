"""Times as people read them, in letters, on pages and on a terminal: in UTC, to the minute."""

from datetime import datetime, timedelta


def moment(at: datetime) -> str:
    """Return a moment: `2026-03-29 08:30 UTC`."""
    return at.strftime("%Y-%m-%d %H:%M UTC")


def minutes(span: timedelta) -> int:
    """Return the whole minutes of a span."""
    return span // timedelta(minutes=1)


def hours(span: timedelta) -> int:
    """Return the whole hours of a span."""
    return span // timedelta(hours=1)
