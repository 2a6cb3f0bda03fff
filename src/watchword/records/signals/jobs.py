"""The worker's share: post signals when some wait."""

from datetime import timedelta

from watchword.plumbing.db.changes import OUTBOX
from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job
from watchword.records.signals.service import Signals


async def carry(house: House) -> None:
    """Post signals until none is due."""
    await house.part(Signals).carry()


def rest(house: House) -> None:
    """Begin no further post."""
    house.part(Signals).rest()


jobs = [Job("signals", carry, every=timedelta(seconds=1), wakes_on=OUTBOX, rest=rest)]
