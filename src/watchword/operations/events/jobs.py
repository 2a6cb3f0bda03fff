"""The worker's share: relay events for as long as it lives."""

from datetime import timedelta

from watchword.plumbing.house import House
from watchword.plumbing.work.jobs import Job
from watchword.plumbing.work.relaying import Relays


async def relay(house: House) -> None:
    """Relay events until told to rest, if there is any destination."""
    await house.part(Relays).run()


def rest(house: House) -> None:
    """Begin no further round."""
    house.part(Relays).rest()


jobs = [Job("events", relay, every=timedelta(seconds=5), rest=rest)]
