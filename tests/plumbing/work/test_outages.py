"""Outages: said when they begin, once a minute while they last, and when they are over."""

import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.support.world import StoppedClock
from watchword.plumbing.logs import logger
from watchword.plumbing.work.outages import Outages

AWAY, SLOW = "the database is away", "the database is slow"
JOBS = ("deliveries", "cleanup", "signing-keys")

Said = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture
def clock() -> StoppedClock:
    """A clock that is advanced by hand."""
    return StoppedClock()


@pytest.fixture
def outages(clock: StoppedClock) -> Outages:
    """A process without troubles so far."""
    return Outages(clock)


@pytest.fixture
def said() -> Said:
    """Return level, job and reason of each line of the log."""
    log = io.StringIO()
    logger.configure("info", stream=log)

    def told() -> list[tuple[str, str, str]]:
        lines = [json.loads(line) for line in log.getvalue().splitlines()]
        return [(line["level"], line["job"], line.get("reason", "")) for line in lines]

    return told


def test_what_delays_many_jobs_many_times_is_said_once_a_minute(
    outages: Outages, clock: StoppedClock, said: Said
) -> None:
    for _ in range(150):
        for job in JOBS:
            outages.delayed(job, AWAY)
        clock.advance(timedelta(seconds=1))
    assert said() == [("warn", "deliveries", AWAY)] * 3


def test_another_reason_is_said_at_once_and_the_two_do_not_take_turns(
    outages: Outages, clock: StoppedClock, said: Said
) -> None:
    for _ in range(20):
        outages.delayed("deliveries", AWAY)
        outages.delayed("cleanup", SLOW)
        clock.advance(timedelta(seconds=1))
    assert said() == [("warn", "deliveries", AWAY), ("warn", "cleanup", SLOW)]


def test_the_end_is_said_when_the_last_job_is_done_again_and_the_next_outage_is_another(
    outages: Outages, said: Said
) -> None:
    for job in JOBS:
        outages.delayed(job, AWAY)
    for job in (*JOBS, "never-delayed"):
        outages.done(job)
    assert said() == [("warn", "deliveries", AWAY), ("info", "signing-keys", "")]
    outages.delayed("cleanup", AWAY)
    assert said()[2:] == [("warn", "cleanup", AWAY)]
