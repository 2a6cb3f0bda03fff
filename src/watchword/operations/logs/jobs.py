"""Each process' share: take the level that an administrator set."""

from datetime import timedelta

from watchword.operations.logs.rules import NEWS
from watchword.operations.logs.service import LogLevel
from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job, Where


async def heed(house: House) -> None:
    """Take the newest wish."""
    await house.part(LogLevel).heed()


jobs = [Job("log-level", heed, every=timedelta(minutes=1), wakes_on=NEWS, where=Where.EVERYWHERE)]
