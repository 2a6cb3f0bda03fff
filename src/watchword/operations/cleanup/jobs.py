"""The worker's share: clean up when it is time."""

from datetime import timedelta

from watchword.operations.cleanup.rules import CleanupSettings
from watchword.operations.cleanup.service import Cleanup
from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job


async def clean(house: House) -> None:
    """Delete all that is over, if a time has come and nobody else did."""
    await house.part(Cleanup).run_when_due()


jobs = [
    Job(
        "cleanup-auth",
        clean,
        every=timedelta(minutes=1),
        times=lambda house: house.part(CleanupSettings).times,
    )
]
