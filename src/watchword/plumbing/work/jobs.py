"""Jobs: what is done beside requests, when there is news or from time to time."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from watchword.kernel.clock import Clock
from watchword.kernel.cron import Cron
from watchword.kernel.problems import Kind, Problem
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.house import House
from watchword.plumbing.logs.logger import log
from watchword.plumbing.work.outages import Outages


class Where(Enum):
    """In which processes a job is done."""

    WORKER = (
        auto()
    )  # in those that work: the first of a service, unless told otherwise, and a worker
    EVERYWHERE = auto()  # in each: it concerns the process' own memory
    METRICS = auto()  # in the one that tells metrics of the whole: it looks at what they show


@dataclass(frozen=True, slots=True)
class Job:
    """A job: run every so often, and at once when there is news of its topic.

    `times`: it looks that often whether one of these has come. `rest`: what tells a long run to end soon.
    """

    name: str
    run: Callable[[House], Awaitable[None]]
    every: timedelta
    wakes_on: str | None = None
    where: Where = Where.WORKER
    times: Callable[[House], Cron] | None = None
    rest: Callable[[House], None] | None = None


class Runner:
    """Runs jobs until it is stopped; a job that fails is logged and tried again."""

    def __init__(
        self,
        house: House,
        changes: Changes,
        clock: Clock,
        note: Callable[[Job, bool], None] = lambda _job, _done: None,
    ) -> None:
        """Run jobs of this house; `note` hears of each run whether it got done."""
        self._house = house
        self._note = note
        self._outages = Outages(clock)
        self._changes = changes
        self._stopping = asyncio.Event()
        self._jobs: list[Job] = []
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, jobs: list[Job]) -> None:
        """Begin."""
        self._jobs += jobs
        for job in jobs:
            news = asyncio.Event()
            if job.wakes_on:
                self._changes.listen(job.wakes_on, _waker(news))
            self._tasks.append(asyncio.create_task(self._repeat(job, news), name=job.name))

    async def stop(self, patience: timedelta) -> None:
        """Let what is under way finish, then end."""
        self._stopping.set()
        for job in self._jobs:
            if job.rest is not None:
                job.rest(self._house)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _repeat(self, job: Job, news: asyncio.Event) -> None:
        stopping = asyncio.create_task(self._stopping.wait())
        while not self._stopping.is_set():
            news.clear()
            try:
                await job.run(self._house)
                self._outages.done(job.name)
                self._note(job, True)
            except Exception as error:  # noqa: BLE001 - the next round is another chance
                self._tell(job, error)
                self._note(job, False)
            heard = asyncio.create_task(news.wait())
            await asyncio.wait(
                {heard, stopping},
                timeout=job.every.total_seconds(),
                return_when=asyncio.FIRST_COMPLETED,
            )
            heard.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await heard
        stopping.cancel()

    def _tell(self, job: Job, error: Exception) -> None:
        """Log why a job did not get done; what is out of reach for now is no failure of its own."""
        if isinstance(error, Problem) and error.kind is Kind.UNAVAILABLE:
            self._outages.delayed(job.name, error.private or error.detail)
        else:
            log().exception("job failed", job=job.name)


def _waker(news: asyncio.Event) -> Callable[[str], None]:
    return lambda _subject: news.set()
