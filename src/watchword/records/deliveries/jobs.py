"""The worker's share: carry letters when some wait."""

from datetime import timedelta

from watchword.plumbing.db.changes import OUTBOX
from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job
from watchword.records.deliveries.service import Deliveries


async def carry(house: House) -> None:
    """Carry letters until none is due."""
    await house.part(Deliveries).carry()


def rest(house: House) -> None:
    """Begin no further letter."""
    house.part(Deliveries).rest()


# News wakes it at once; the look every second is for letters whose time has come.
jobs = [Job("deliveries", carry, every=timedelta(seconds=1), wakes_on=OUTBOX, rest=rest)]
