"""Every process reads the keys anew when they changed, and now and then in case it did not hear."""

from datetime import timedelta

from watchword.plumbing.db.changes import KEYS
from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job, Where
from watchword.records.signing_keys.service import SigningKeys


async def reload(house: House) -> None:
    """Read the keys."""
    await house.part(SigningKeys).load()


jobs = [
    Job("signing-keys", reload, every=timedelta(seconds=60), wakes_on=KEYS, where=Where.EVERYWHERE)
]
