"""The worker's share: retention, when it is time."""

from datetime import timedelta

from watchword.operations.gdpr.service import Retention
from watchword.plumbing.house import House
from watchword.plumbing.settings import RetentionSettings
from watchword.plumbing.work.jobs import Job


async def let_go(house: House) -> None:
    """Let go what was kept long enough, if a time has come and nobody else did."""
    await house.part(Retention).run_when_due()


jobs = [
    Job(
        "retention",
        let_go,
        every=timedelta(minutes=1),
        times=lambda house: house.part(RetentionSettings).times,
    )
]
