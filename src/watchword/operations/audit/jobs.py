"""The worker's share: link what was committed, sign the head, put away what is old when it is time."""

from datetime import timedelta

from watchword.operations.audit.service import Archivist
from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job
from watchword.records.audit.rules import EVERY, AuditSettings
from watchword.records.audit.service import Chain


async def link(house: House) -> None:
    """Give what was committed its place in the chain."""
    await house.part(Chain).link()


async def check(house: House) -> None:
    """Sign the head."""
    await house.part(Chain).checkpoint()


async def put_away(house: House) -> None:
    """Put away what is old, if a time has come and nobody else did."""
    await house.part(Archivist).archive_when_due()


jobs = [
    Job("audit-link", link, every=timedelta(seconds=1)),
    Job("audit-checkpoint", check, every=EVERY),
    Job(
        "audit-archive",
        put_away,
        every=timedelta(minutes=1),
        times=lambda house: house.part(AuditSettings).archive_times,
    ),
]
