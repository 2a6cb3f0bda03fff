"""The worker's share: carry letters when some wait."""

from datetime import timedelta

from watchword.plumbing.db.changes import OUTBOX
from watchword.plumbing.house import House
from watchword.plumbing.work import Job
from watchword.records.deliveries.service import Deliveries


async def carry(house: House) -> None:
    """Carry letters until none is due."""
    while await house.part(Deliveries).carry():
        pass


jobs = [Job("deliveries", carry, every=timedelta(seconds=1), wakes_on=OUTBOX)]
