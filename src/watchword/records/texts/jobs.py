"""The worker's share: carry texts when some wait."""

from datetime import timedelta

from watchword.plumbing.db.changes import OUTBOX
from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job
from watchword.records.texts.service import Texts


async def carry(house: House) -> None:
    """Carry texts until none is due."""
    await house.part(Texts).carry()


def rest(house: House) -> None:
    """Begin no further text."""
    house.part(Texts).rest()


jobs = [Job("texts", carry, every=timedelta(seconds=1), wakes_on=OUTBOX, rest=rest)]
