"""The worker's share: a backup when it is time, and the proof that it can be restored."""

from datetime import timedelta

from watchword.operations.backup.service import Backups, Verifier
from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job
from watchword.records.backups.rules import BackupSettings


async def create(house: House) -> None:
    """Make a backup, if a time has come and nobody else did."""
    await house.part(Backups).create_when_due()


async def verify(house: House) -> None:
    """Prove the newest one, likewise."""
    await house.part(Verifier).verify_when_due()


jobs = [
    Job(
        "backup-database-and-configuration",
        create,
        every=timedelta(minutes=1),
        times=lambda house: house.part(BackupSettings).times,
    ),
    Job(
        "backup-verify",
        verify,
        every=timedelta(minutes=1),
        times=lambda house: house.part(BackupSettings).verify_times,
    ),
]
