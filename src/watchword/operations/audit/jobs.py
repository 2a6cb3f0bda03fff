"""The worker's share: link what was committed, and sign the head."""

from datetime import timedelta

from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job
from watchword.records.audit.rules import EVERY
from watchword.records.audit.service import Chain


async def link(house: House) -> None:
    """Give what was committed its place in the chain."""
    await house.part(Chain).link()


async def check(house: House) -> None:
    """Sign the head."""
    await house.part(Chain).checkpoint()


jobs = [
    Job("audit-link", link, every=timedelta(seconds=1)),
    Job("audit-checkpoint", check, every=EVERY),
]
