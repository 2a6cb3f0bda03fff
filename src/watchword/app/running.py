"""Jobs by hand: which there are, and one of them done as the worker does it, by one process at a time."""

import asyncio
import os
from datetime import timedelta

from watchword.app import worker
from watchword.app.building import configure_logs, open_house
from watchword.app.reading import read_settings
from watchword.app.settings import Settings
from watchword.app.wiring import House
from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock, SystemClock
from watchword.kernel.ids import mint
from watchword.plumbing.commands import console
from watchword.plumbing.db import leases
from watchword.plumbing.db.leases import Lease
from watchword.plumbing.db.ports import Database
from watchword.plumbing.work.jobs import Job, Where

LASTS = timedelta(minutes=15)


def tell_jobs(*, as_json: bool) -> int:
    """Print when each job is done; return the exit code."""
    house = House(read_settings(dict(os.environ)).sections)
    found = worker.timetable(house, SystemClock().now())
    console.rows(found, ("name", "when", "next"), as_json=as_json)
    return 0


def run_once(name: str) -> int:
    """Run a job; return the exit code: 2 there is none, 75 another process runs it."""
    known = {job.name: job for job in worker.jobs() if may_run(job)}
    if name not in known:
        told = ", ".join(sorted(known))
        raise console.refuse(f"There is no job {name} to run by hand: {told}.", console.Exit.USAGE)
    settings = read_settings(dict(os.environ))
    configure_logs(settings, quiet=True)
    if asyncio.run(_alone(settings, known[name])):
        console.talk(f"{name} is done.")
        return console.Exit.DONE
    console.talk(f"Another process does {name} just now: try again in a minute.")
    return console.Exit.LATER


def may_run(job: Job) -> bool:
    """Tell whether it ends by itself and concerns more than the memory of one process."""
    return job.rest is None and job.where is Where.WORKER


async def _alone(settings: Settings, job: Job) -> bool:
    """Run it under a lease, which ends by itself should we be killed; false: somebody holds it."""
    async with open_house(settings) as house:
        database, now = house.part(Database), house.part(Clock).now()
        lease = Lease(f"job:{job.name}", mint(now, house.part(Chance)))
        if not await leases.take(database, lease, now, LASTS):
            return False
        try:
            await job.run(house)
        finally:
            await leases.give_back(database, lease)
    return True
