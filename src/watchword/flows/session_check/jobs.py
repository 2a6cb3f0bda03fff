"""Every process writes down its own last uses."""

from datetime import timedelta

from watchword.flows.session_check.service import SessionCheck
from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job, Where


async def flush(house: House) -> None:
    """Write the last uses that were gathered."""
    await house.part(SessionCheck).flush()


jobs = [Job("last-used", flush, every=timedelta(seconds=2), where=Where.EVERYWHERE)]
