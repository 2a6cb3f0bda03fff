"""The worker's share: what is over is so in the ledger too."""

from datetime import timedelta

from watchword.kernel.clock import Clock
from watchword.plumbing.db.ports import Database
from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job
from watchword.records.resets.service import Resets


async def expire(house: House) -> None:
    """Let every reset expire that nobody finished in time."""
    database, clock = house.part(Database), house.part(Clock)
    await house.part(Resets).expire(database, clock.now())


jobs = [Job("expire-resets", expire, every=timedelta(minutes=1))]
