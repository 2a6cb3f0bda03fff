"""Jobs: run, woken by news, tried again after a failure, and let finish before the end."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.world import StoppedClock
from watchword.kernel.problems import Unavailable
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.work.jobs import Job, Runner

LONG, SOON = timedelta(hours=1), timedelta(milliseconds=5)
PATIENCE = timedelta(seconds=5)
HOUSE: Any = object()


@pytest.fixture
async def runner() -> AsyncIterator[Runner]:
    """Yield a runner that is stopped in the end."""
    made = Runner(HOUSE, Changes(), StoppedClock())
    yield made
    await made.stop(timedelta(0))


async def reaches(rounds: list[int], number: int) -> None:
    async with asyncio.timeout(30):
        while len(rounds) < number:
            await asyncio.sleep(0.002)


async def test_a_job_runs_at_once_and_again_and_again(runner: Runner) -> None:
    rounds: list[int] = []

    async def work(_house: object) -> None:
        rounds.append(1)

    runner.start([Job("count", work, every=SOON)])
    await reaches(rounds, 3)


async def test_each_run_is_noted_with_whether_it_got_done() -> None:
    rounds: list[int] = []
    noted: list[tuple[str, bool]] = []
    runner = Runner(
        HOUSE, Changes(), StoppedClock(), lambda job, done: noted.append((job.name, done))
    )

    async def work(_house: object) -> None:
        rounds.append(1)
        if len(rounds) == 1:
            raise ValueError

    runner.start([Job("count", work, every=SOON)])
    await reaches(rounds, 3)
    await runner.stop(PATIENCE)
    assert noted[:2] == [("count", False), ("count", True)]


async def test_news_wakes_a_job_at_once() -> None:
    changes, rounds = Changes(), list[int]()
    runner = Runner(HOUSE, changes, StoppedClock())

    async def work(_house: object) -> None:
        rounds.append(1)

    runner.start([Job("count", work, every=LONG, wakes_on="outbox")])
    await reaches(rounds, 1)
    changes.tell("outbox", "mail")
    await reaches(rounds, 2)
    await runner.stop(PATIENCE)


async def test_news_that_comes_while_a_job_runs_is_not_lost() -> None:
    changes, rounds = Changes(), list[int]()
    runner = Runner(HOUSE, changes, StoppedClock())

    async def work(_house: object) -> None:
        rounds.append(1)
        if len(rounds) == 1:
            changes.tell("outbox", "mail")

    runner.start([Job("count", work, every=LONG, wakes_on="outbox")])
    await reaches(rounds, 2)
    await runner.stop(PATIENCE)


@pytest.mark.parametrize("trouble", [Unavailable(private="away"), ValueError("a bug")])
async def test_a_job_that_fails_is_tried_again(runner: Runner, trouble: Exception) -> None:
    rounds: list[int] = []

    async def work(_house: object) -> None:
        rounds.append(1)
        raise trouble

    runner.start([Job("fails", work, every=SOON)])
    await reaches(rounds, 3)


async def test_what_is_under_way_finishes_before_the_end() -> None:
    runner, finished, begun = Runner(HOUSE, Changes(), StoppedClock()), list[int](), asyncio.Event()

    async def work(_house: object) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        finished.append(1)

    runner.start([Job("letter", work, every=LONG)])
    await begun.wait()
    await runner.stop(PATIENCE)

    assert finished == [1]


async def test_what_does_not_finish_in_time_is_ended() -> None:
    runner, begun = Runner(HOUSE, Changes(), StoppedClock()), asyncio.Event()

    async def work(_house: object) -> None:
        begun.set()
        await asyncio.sleep(3600)

    runner.start([Job("for ever", work, every=LONG)])
    await begun.wait()
    async with asyncio.timeout(30):
        await runner.stop(timedelta(milliseconds=20))
