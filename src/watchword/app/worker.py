"""The worker: runs the jobs of every slice, beside the web or in a process of its own."""

from collections.abc import Sequence
from datetime import timedelta

from watchword.app import slices
from watchword.app.wiring import House
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.work import Job, Runner

PATIENCE = timedelta(seconds=10)


def jobs(*, everywhere_only: bool) -> list[Job]:
    """Return the jobs of every slice, or those alone that each process does for itself."""
    found = [job for _, module in slices.modules("jobs") for job in module.jobs]
    return [job for job in found if job.everywhere or not everywhere_only]


def start(house: House, *, everywhere_only: bool, more: Sequence[Job] = ()) -> Runner:
    """Begin to run jobs; `stop` the runner in the end."""
    runner = Runner(house, house.part(Changes))
    runner.start([*jobs(everywhere_only=everywhere_only), *more])
    return runner
