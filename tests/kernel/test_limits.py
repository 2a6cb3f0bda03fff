"""Limits: at most so many in any window, exactly, and whoever waits as told gets in."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.kernel.limits import TICKS, Hits, Limit, locked_for, weigh

counts = st.integers(1, 8)
windows = st.sampled_from([1, 7, 250, 1000, 60_000, 900_000, 3_600_000])
limits = st.builds(lambda n, ms: Limit(n, timedelta(milliseconds=ms)), counts, windows)
starts = st.integers(0, 2_000_000_000_000_000)
near_a_window = st.sampled_from(
    [0, 0.0001, 0.0004, 0.0009, 0.3, 0.998, 0.9985, 0.999, 0.9991, 0.9995, 0.9999, 1, 1.0004, 1.001]
)
EPOCH = 1_795_000_000_000_000
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def microseconds(limit: Limit) -> int:
    return limit.window // timedelta(microseconds=1)


@given(limit=limits, start=starts, steps=st.lists(st.floats(0, 0.6) | near_a_window, max_size=80))
def test_never_more_than_count_in_any_window(limit: Limit, start: int, steps: list[float]) -> None:
    hits, moment, allowed = Hits(), start, []
    for step in steps:
        moment += int(step * microseconds(limit))
        if weigh(limit, hits, moment).allowed:
            allowed.append(moment)

    for first, beyond in zip(allowed, allowed[limit.count :], strict=False):
        assert beyond - first >= microseconds(limit)


@given(limit=limits, steps=st.lists(st.floats(0, 0.3), min_size=1, max_size=60))
def test_waiting_as_told_suffices(limit: Limit, steps: list[float]) -> None:
    hits, moment = Hits(), EPOCH
    for step in steps:
        moment += int(step * microseconds(limit))
        verdict = weigh(limit, hits, moment)
        if not verdict.allowed:
            assert 0 < verdict.retry_in <= limit.window.total_seconds()
            moment += round(verdict.retry_in * 1e6)
            assert weigh(limit, hits, moment).allowed


@given(limit=limits, steps=st.lists(st.floats(0, 0.3), min_size=1, max_size=60))
def test_a_limit_is_never_longer_than_a_window(limit: Limit, steps: list[float]) -> None:
    hits, moment = Hits(), EPOCH
    for step in steps:
        moment += int(step * microseconds(limit))
        weigh(limit, hits, moment)
    rested = moment + microseconds(limit)

    assert weigh(limit, hits, rested).remaining == limit.count - 1


@pytest.mark.parametrize("window", [1, 250, 900_000])
def test_memory_stays_small_however_large_the_limit(window: int) -> None:
    limit, hits = Limit(5 * TICKS, timedelta(milliseconds=window)), Hits()
    for nth in range(2 * limit.count):
        weigh(limit, hits, EPOCH + nth * microseconds(limit) // limit.count)
        assert len(hits.entries) <= TICKS + 2
    assert limit.count - limit.count // TICKS <= hits.total <= limit.count
    assert hits.total == sum(number for _, number, _ in hits.entries)


@given(limit=limits, steps=st.lists(st.floats(0, 0.001), max_size=200))
def test_the_hits_of_a_tick_are_all_counted(limit: Limit, steps: list[float]) -> None:
    hits, moment = Hits(), EPOCH
    for step in steps:
        moment += int(step * microseconds(limit))
        weigh(limit, hits, moment)

    assert hits.total == sum(number for _, number, _ in hits.entries) <= limit.count


def test_the_headers_tell_what_is_left() -> None:
    limit, hits = Limit(3, timedelta(seconds=10)), Hits()
    told = [weigh(limit, hits, (1000 + second) * 1_000_000) for second in range(4)]

    assert [verdict.remaining for verdict in told] == [2, 1, 0, 0]
    assert [verdict.allowed for verdict in told] == [True, True, True, False]
    assert told[3].retry_in == 7
    assert told[0].limit == 3


@pytest.mark.parametrize(
    ("until", "full_since", "left"),
    [
        (None, None, None),
        (60, None, 60),
        (0, None, None),
        (60, -40, 60),
        (None, 0, None),
        (None, -29, None),
        (None, -30, 870),
        (None, -899, 1),
        (None, -900, None),
        (-10, -40, 860),
    ],
)
def test_what_nobody_settled_is_a_lock_from_when_no_try_can_be_under_way_any_more(
    until: int | None, full_since: int | None, left: int | None
) -> None:
    def moment(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOW + timedelta(seconds=seconds)

    wait = locked_for(moment(until), moment(full_since), timedelta(minutes=15), NOW)
    assert wait == (None if left is None else timedelta(seconds=left))


@pytest.mark.parametrize("text", ["5/900000", "1/1", "100/3600000"])
def test_a_limit_reads_and_writes_as_in_settings(text: str) -> None:
    assert str(Limit.parse(text)) == text


@given(st.text(max_size=20))
def test_whatever_is_read_is_a_limit_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        limit = Limit.parse(text)
        assert limit.count >= 1
        assert limit.window >= timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "text", ["", "5", "5/", "/5", "0/1", "1/0", "-1/5", "a/b", "5/900000/1", "1/" + "9" * 40]
)
def test_these_are_no_limits(text: str) -> None:
    with pytest.raises(ValueError, match=r"COUNT/MILLISECONDS|at least 1"):
        Limit.parse(text)
