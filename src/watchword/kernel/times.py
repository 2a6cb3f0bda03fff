"""Spans of time as people read them: in what has passed whole."""

from datetime import timedelta


def minutes(span: timedelta) -> int:
    """Return the whole minutes of a span."""
    return span // timedelta(minutes=1)


def hours(span: timedelta) -> int:
    """Return the whole hours of a span."""
    return span // timedelta(hours=1)
