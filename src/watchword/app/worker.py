"""The worker: runs the jobs of every slice, beside the web or in a process of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.app import slices
from watchword.app.wiring import House
from watchword.kernel.clock import Clock
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.work.jobs import Job, Runner

PATIENCE = timedelta(seconds=10)


def jobs(*, everywhere_only: bool) -> list[Job]:
    """Return the jobs of every slice, or those alone that each process does for itself."""
    found = [job for _, module in slices.modules("jobs") for job in module.jobs]
    return [job for job in found if job.everywhere or not everywhere_only]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """When a job is done: a crontab line, or how often; `next` is known of the former."""

    name: str
    when: str
    next: str


def timetable(house: House, now: datetime) -> list[Timed]:
    """Return when each job is done."""
    return [_timed(job, house, now) for job in jobs(everywhere_only=False)]


def _timed(job: Job, house: House, now: datetime) -> Timed:
    if job.times is None:
        return Timed(name=job.name, when=f"every {job.every.total_seconds():g} s", next="")
    times = job.times(house)
    return Timed(name=job.name, when=times.text, next=f"{times.next(now):%Y-%m-%dT%H:%MZ}")


def start(house: House, *, everywhere_only: bool, more: Sequence[Job] = ()) -> Runner:
    """Begin to run jobs; `stop` the runner in the end."""
    clock = house.part(Clock)  # type: ignore[type-abstract]
    runner = Runner(house, house.part(Changes), clock)
    runner.start([*jobs(everywhere_only=everywhere_only), *more])
    return runner
