"""Every process takes what is switched when it changed, and now and then in case it did not hear."""

from datetime import timedelta

from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job, Where
from watchword.records.flags.rules import NEWS
from watchword.records.flags.service import Switches


async def reload(house: House) -> None:
    """Take what is switched."""
    await house.part(Switches).load()


jobs = [Job("flags", reload, every=timedelta(seconds=4), wakes_on=NEWS, where=Where.EVERYWHERE)]
