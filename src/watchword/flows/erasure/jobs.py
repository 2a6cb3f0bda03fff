"""The worker's share: erase the accounts whose time has come."""

from datetime import timedelta

from watchword.flows.erasure.service import Erasing
from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job


async def erase(house: House) -> None:
    """Erase until none is due."""
    await house.part(Erasing).erase_due()


jobs = [Job("erasure", erase, every=timedelta(minutes=1))]
