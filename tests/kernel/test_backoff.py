"""Back-off: twice as long each time, a little longer by chance, and never shorter than was asked for."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from watchword.kernel.backoff import pause
from watchword.kernel.chance import SystemChance

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
failures, fractions = st.integers(1, 10**9), st.floats(0, 1)


def test_a_pause_doubles_until_it_is_the_longest() -> None:
    seconds = [pause(each, SECOND, MINUTE, 0.0).total_seconds() for each in range(1, 9)]
    assert seconds == [1, 2, 4, 8, 16, 32, 60, 60]


@given(failures=failures, jitter=fractions)
def test_chance_adds_a_quarter_at_most_however_often_it_failed(
    failures: int, jitter: float
) -> None:
    wait = pause(failures, SECOND, MINUTE, jitter)
    assert pause(failures, SECOND, MINUTE, 0.0) <= wait <= MINUTE * 1.25


@given(failures=failures, jitter=fractions, seconds=st.integers(0, 10_000))
def test_nobody_is_asked_before_they_want_to_be(failures: int, jitter: float, seconds: int) -> None:
    asked_for = timedelta(seconds=seconds)
    assert pause(failures, SECOND, MINUTE, jitter, asked_for) >= asked_for


def test_a_fraction_is_from_0_to_1() -> None:
    drawn = [SystemChance().fraction() for _ in range(1000)]
    assert all(0 <= each < 1 for each in drawn)
    assert len(set(drawn)) > 900
