"""The worker's share: clean up every six hours."""

from watchword.operations.cleanup.rules import EVERY
from watchword.operations.cleanup.service import Cleanup
from watchword.plumbing.web.call import House
from watchword.plumbing.work import Job


async def clean(house: House) -> None:
    """Delete all that is over."""
    await house.part(Cleanup).run()


jobs = [Job("cleanup-auth", clean, every=EVERY)]
