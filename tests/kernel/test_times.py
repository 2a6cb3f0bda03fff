"""Times as people read them."""

from datetime import UTC, datetime, timedelta

from watchword.kernel.times import hours, minutes, moment


def test_a_moment_is_told_to_the_minute() -> None:
    assert moment(datetime(2026, 3, 29, 8, 5, 59, tzinfo=UTC)) == "2026-03-29 08:05 UTC"


def test_a_span_is_told_in_what_has_passed_whole() -> None:
    span = timedelta(hours=2, minutes=59, seconds=59)

    assert (hours(span), minutes(span)) == (2, 179)
