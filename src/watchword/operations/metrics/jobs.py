"""Each process posts what it counted, so that any of them can tell Prometheus of all."""

from datetime import timedelta

from watchword.plumbing.house import House
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.work.jobs import Job


async def post(house: House) -> None:
    """Post what was counted so far; alone, there is nobody to post it for."""
    house.part(Metrics).post()


jobs = [Job("metrics", post, every=timedelta(seconds=1), everywhere=True)]
