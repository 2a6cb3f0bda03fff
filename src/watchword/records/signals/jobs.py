"""The worker's share: post signals when some wait, and forget those of long ago."""

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


async def forget(house: House) -> None:
    """Forget what was raised long ago."""
    await house.part(Signals).forget()


jobs = [
    Job("signals", carry, every=timedelta(seconds=1), wakes_on=OUTBOX, rest=rest),
    Job("signals-of-long-ago", forget, every=timedelta(hours=6)),
]
