"""The breaker: who fails again and again is left alone, and never for ever."""

from datetime import UTC, datetime, timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from watchword.plumbing.carriers.breaker import FAILURES, Breaker

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HALF_A_MINUTE = timedelta(seconds=30)


def after(failures: int, jitter: float = 0.0) -> Breaker:
    return reduce(lambda breaker, _: breaker.failed(NOW, jitter), range(failures), Breaker())


def test_it_opens_with_the_fifth_failure_in_a_row() -> None:
    assert after(FAILURES - 1).admits(NOW)
    assert not after(FAILURES).admits(NOW)


def test_after_a_pause_it_lets_somebody_through_and_each_further_failure_doubles_the_pause() -> (
    None
):
    pauses = []
    for failures in range(FAILURES, FAILURES + 6):
        until = after(failures).open_until
        assert until is not None
        assert after(failures).admits(until)
        pauses.append((until - NOW).total_seconds())
    assert pauses == [30, 60, 120, 240, 480, 600]


def test_one_success_closes_it() -> None:
    assert after(FAILURES + 3).succeeded() == Breaker()


def test_who_asks_to_be_left_alone_is_left_alone_from_the_first_time_on() -> None:
    asked = Breaker().failed(NOW, 0.0, HALF_A_MINUTE)
    assert not asked.admits(NOW + HALF_A_MINUTE - timedelta(milliseconds=1))
    assert asked.admits(NOW + HALF_A_MINUTE)


@given(failures=st.integers(FAILURES, 5000), jitter=st.floats(0, 1, exclude_max=True))
def test_no_pause_is_shorter_than_half_a_minute_or_longer_than_thirteen(
    failures: int, jitter: float
) -> None:
    until = Breaker(failures - 1).failed(NOW, jitter).open_until
    assert until is not None
    assert HALF_A_MINUTE <= until - NOW <= timedelta(minutes=12, seconds=30)
