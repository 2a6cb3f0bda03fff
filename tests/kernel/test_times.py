"""Spans of time as people read them."""

from datetime import timedelta

from watchword.kernel.times import hours, minutes


def test_a_span_is_told_in_what_has_passed_whole() -> None:
    span = timedelta(hours=2, minutes=59, seconds=59)

    assert (hours(span), minutes(span)) == (2, 179)
