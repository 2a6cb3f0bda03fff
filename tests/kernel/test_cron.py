"""Cron: a line of a crontab says at which minutes; nothing else is one."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.kernel.cron import cron

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # a Saturday
MINUTE = timedelta(minutes=1)
minutes = st.integers(0, 60 * 24 * 366 * 60)
moments = st.builds(
    lambda minute, second: NOON + minute * MINUTE + second * MINUTE / 60,
    minutes,
    st.integers(0, 59),
)
lines = st.sampled_from(
    [
        "0 */6 * * *",
        "0 2 * * *",
        "*/7 3-5,22 * * *",
        "30 4 1,15 * mon",
        "0 0 * feb-apr sun",
        "59 23 */10 * 1-5/2",
        "* * * * *",
    ]
)


@pytest.mark.parametrize(
    ("line", "latest", "following"),
    [
        ("0 */6 * * *", "2026-11-21T12:00", "2026-11-21T18:00"),
        ("0 2 * * *", "2026-11-21T02:00", "2026-11-22T02:00"),
        ("30 12 * * *", "2026-11-20T12:30", "2026-11-21T12:30"),
        ("15,45 1-3/2 * * *", "2026-11-21T03:45", "2026-11-22T01:15"),
        ("0 0 1 jan *", "2026-01-01T00:00", "2027-01-01T00:00"),
        ("0 0 29 2 *", "2024-02-29T00:00", "2028-02-29T00:00"),
        ("0 0 * * sun", "2026-11-15T00:00", "2026-11-22T00:00"),
        ("0 0 * * 7", "2026-11-15T00:00", "2026-11-22T00:00"),
        ("0 0 * * 1-5", "2026-11-20T00:00", "2026-11-23T00:00"),
        ("0 0 13 * fri", "2026-11-20T00:00", "2026-11-27T00:00"),
        ("0 0 */2 * mon", "2026-11-09T00:00", "2026-11-23T00:00"),
    ],
)
def test_a_line_says_when_it_was_and_when_it_will_be(
    line: str, latest: str, following: str
) -> None:
    times = cron(line)

    assert times.latest(NOON) == datetime.fromisoformat(f"{latest}Z")
    assert times.next(NOON) == datetime.fromisoformat(f"{following}Z")


@given(lines, moments)
def test_between_the_latest_and_the_next_there_is_none(line: str, now: datetime) -> None:
    times = cron(line)
    latest, following = times.latest(now), times.next(now)

    assert latest <= now < following
    assert times.next(latest) == following
    assert times.latest(following - MINUTE / 60) == latest
    assert times.latest(following) == following
    assert (latest.second, latest.microsecond, latest.utcoffset()) == (0, 0, timedelta(0))


def test_times_are_those_of_utc_wherever_the_clock_stands() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=13)))

    assert cron("0 2 * * *").next(elsewhere) == datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "daily",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "5-1 * * * *",
        "*/0 * * * *",
        "5/2 * * * *",
        "1, * * * *",
        "1- * * * *",
        "-1 * * * *",
        "+1 * * * *",
        "1.5 * * * *",
        "jan * * * *",
        "* * * mon *",
        "\u0661 * * * *",
        "100 * * * *",
        "0 0 31 2 *",
        "0 0 30 feb *",
    ],
)
def test_what_is_no_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError):
        cron(line)


@given(st.text("0123456789*/-,janmo ", max_size=30))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    try:
        times = cron(text)
    except ValueError:
        return
    assert times.latest(NOON) <= NOON < times.next(NOON)
