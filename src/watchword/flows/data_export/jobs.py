"""The worker's share: prepare exports when some wait, wipe those that nobody took."""

from datetime import timedelta

from watchword.flows.data_export.service import DataExport
from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job
from watchword.records.exports.rules import NEWS


async def prepare(house: House) -> None:
    """Prepare exports until none waits."""
    await house.part(DataExport).prepare()


# News wakes it at once; the look every half minute is for those whose time is over.
jobs = [Job("data-export", prepare, every=timedelta(seconds=30), wakes_on=NEWS)]
