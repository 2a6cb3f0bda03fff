"""Each process posts what it counted, and one of them looks at what is known only by asking."""

from datetime import timedelta

from watchword.operations.metrics.service import Gauges
from watchword.plumbing.house import House
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.work.jobs import Job, Where


async def post(house: House) -> None:
    """Post what was counted so far; alone, there is nobody to post it for."""
    house.part(Metrics).post()


async def look(house: House) -> None:
    """Look at the database and at Redis."""
    await house.part(Gauges).look()


async def look_at_carriers(house: House) -> None:
    """Ask the carriers of letters and of texts."""
    await house.part(Gauges).look_at_carriers()


async def look_at_files(house: House) -> None:
    """Look at the certificate and at the files of secrets."""
    await house.part(Gauges).look_at_files()


jobs = [
    Job("metrics", post, every=timedelta(seconds=1), where=Where.EVERYWHERE),
    Job("gauges", look, every=timedelta(seconds=5), where=Where.METRICS),
    Job("gauge-of-carriers", look_at_carriers, every=timedelta(seconds=30), where=Where.METRICS),
    Job("gauge-of-files", look_at_files, every=timedelta(minutes=5), where=Where.METRICS),
]
