"""The worker's share: look at the newest facts."""

from datetime import timedelta

from watchword.operations.risk.service import Risk
from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job


async def look(house: House) -> None:
    """Raise what looks like an attack; one worker of all does."""
    await house.part(Risk).look()


jobs = [Job("risk", look, every=timedelta(seconds=10))]
