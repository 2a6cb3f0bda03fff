"""The breaker: who fails again and again is left alone, and never for ever."""

from datetime import UTC, datetime, timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from watchword.plumbing.carriers.breaker import FAILURES, Breaker

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HALF_A_MINUTE = timedelta(seconds=30)


def failed(breaker: Breaker, jitter: float = 0.0) -> Breaker:
    """Let one try fail as soon as there may be one."""
    at = breaker.open_until or NOW
    return breaker.failed(at, at, jitter)


def after(failures: int) -> Breaker:
    return reduce(lambda breaker, _: failed(breaker), range(failures), Breaker())


def test_it_opens_with_the_fifth_failure_in_a_row() -> None:
    assert after(FAILURES - 1).admits(NOW)
    assert not after(FAILURES).admits(NOW)


def test_after_a_pause_it_lets_somebody_through_and_each_further_failure_doubles_the_pause() -> (
    None
):
    pauses, breaker, began = [], after(FAILURES - 1), NOW
    for _ in range(6):
        breaker = failed(breaker)
        assert breaker.open_until is not None
        assert breaker.admits(breaker.open_until)
        pauses.append((breaker.open_until - began).total_seconds())
        began = breaker.open_until
    assert pauses == [30, 60, 120, 240, 480, 600]


def test_what_was_tried_before_comes_some_seconds_after_what_never_was() -> None:
    opened = after(FAILURES)
    assert opened.open_until is not None
    second = timedelta(seconds=1)
    for wait, admitted in ((0, False), (4, False), (5, True)):
        assert opened.admits(opened.open_until + wait * second)
        assert opened.admits(opened.open_until + wait * second, tried=True) is admitted
    assert Breaker().admits(NOW, tried=True)


def test_one_success_closes_it() -> None:
    assert after(FAILURES + 3).succeeded() == Breaker()


def test_who_asks_to_be_left_alone_is_left_alone_from_the_first_time_on() -> None:
    asked = Breaker().failed(NOW, NOW, 0.0, HALF_A_MINUTE)
    assert not asked.admits(NOW + HALF_A_MINUTE - timedelta(milliseconds=1))
    assert asked.admits(NOW + HALF_A_MINUTE)


@given(failures=st.integers(FAILURES, 5000), jitter=st.floats(0, 1, exclude_max=True))
def test_no_pause_is_shorter_than_half_a_minute_or_longer_than_thirteen(
    failures: int, jitter: float
) -> None:
    until = Breaker(failures - 1).failed(NOW, NOW, jitter).open_until
    assert until is not None
    assert HALF_A_MINUTE <= until - NOW <= timedelta(minutes=12, seconds=30)


def test_of_many_tries_at_once_those_that_fail_after_it_opened_do_not_lengthen_the_pause() -> None:
    opened = after(FAILURES)
    later = NOW + timedelta(seconds=10)
    assert reduce(lambda breaker, _: breaker.failed(NOW, later, 0.0), range(50), opened) == opened
    assert opened.open_until is not None
    again = failed(opened)
    assert again.open_until == opened.open_until + 2 * HALF_A_MINUTE


def test_who_asks_for_more_in_answer_to_such_a_try_gets_it_and_not_less() -> None:
    opened, minute = after(FAILURES), timedelta(minutes=1)
    assert opened.failed(NOW, NOW, 0.0, minute).open_until == NOW + minute
    assert opened.failed(NOW, NOW, 0.0, timedelta(seconds=1)) == opened


def test_many_who_are_told_to_come_later_at_once_are_one_failure() -> None:
    second = timedelta(seconds=1)
    told = reduce(lambda breaker, _: breaker.failed(NOW, NOW, 0.0, second), range(50), Breaker())
    assert told.failures == 1
