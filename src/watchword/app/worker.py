"""The worker: runs the jobs of every slice, beside the web or in a process of its own.

In a process of its own it looks after its gauges and tells them, its counts and its health at
WORKER_METRICS_PORT. SIGTERM or SIGINT: it finishes what it has under way, and exits 0.
"""

import asyncio
import signal
import socket
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.app import slices
from watchword.app.building import open_house
from watchword.app.diagnosing import heeding_diagnosis
from watchword.app.hangup import heeding_hangup
from watchword.app.inner import inner_app
from watchword.app.listening import Server
from watchword.app.settings import Settings
from watchword.app.wiring import House
from watchword.kernel.clock import Clock
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.logs.logger import log
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.work.jobs import Job, Runner, Where

PATIENCE = timedelta(seconds=10)
_PATIENCE_ALONE = timedelta(seconds=25)


def jobs(where: Collection[Where] = tuple(Where)) -> list[Job]:
    """Return the jobs of every slice, or those alone that are done there."""
    found = [job for _, module in slices.modules("jobs") for job in module.jobs]
    return [job for job in found if job.where in where]


def places(*, works: bool, tells: bool) -> set[Where]:
    """Return which jobs a process does: one that works, one that tells metrics of the whole."""
    found = {Where.EVERYWHERE}
    if works:
        found.add(Where.WORKER)
    if tells:
        found.add(Where.METRICS)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """When a job is done: a crontab line, or how often; `next` is known of the former."""

    name: str
    when: str
    next: str


def timetable(house: House, now: datetime) -> list[Timed]:
    """Return when each job is done."""
    return [_timed(job, house, now) for job in jobs()]


def _timed(job: Job, house: House, now: datetime) -> Timed:
    if job.times is None:
        return Timed(name=job.name, when=f"every {job.every.total_seconds():g} s", next="")
    times = job.times(house)
    return Timed(name=job.name, when=times.text, next=f"{times.next(now):%Y-%m-%dT%H:%MZ}")


def start(house: House, where: Collection[Where]) -> Runner:
    """Begin to run the jobs that are done there; `stop` the runner in the end."""
    clock = house.part(Clock)
    metrics = house.part(Metrics)

    def note(job: Job, done: bool) -> None:  # noqa: FBT001 - the runner says it so
        if not done:
            metrics.jobs_failed.labels(job.name).inc()
        elif job.where is not Where.EVERYWHERE:
            metrics.jobs_done.labels(job.name).set(clock.now().timestamp())

    runner = Runner(house, house.part(Changes), clock, note)
    runner.start(jobs(where))
    return runner


async def work(settings: Settings, listener: socket.socket | None) -> None:
    """Run the jobs alone until a signal asks to stop; who connects to `listener` is told of them."""
    async with open_house(settings, patient=True) as house:
        stopping, told = asyncio.Event(), Server(inner_app(house), timedelta(seconds=1))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        telling = asyncio.create_task(told.serve(sockets=[listener])) if listener else None
        runner = start(house, places(works=True, tells=listener is not None))
        log().info("worker started", metrics_port=listener.getsockname()[1] if listener else 0)
        with heeding_hangup(settings), heeding_diagnosis(settings):
            await stopping.wait()
        await runner.stop(_PATIENCE_ALONE)
        told.should_exit = True
        if telling is not None:
            await telling
