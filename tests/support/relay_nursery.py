"""A nursery of relays: a process that has everything loaded and forks a relay whenever it is asked.

stdin    a line for each relay that is wanted; the end of file ends the nursery
             before 3   it kills itself when it is about to publish its third event
             after 3    it kills itself when its third event is published, which it cannot have marked
             free       it lives until it is killed
stdout   its process id; it opens the house of our environment and relays

A relay begins in a tenth of the time that a whole program takes, and dies as surely.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from watchword.app import relaying
from watchword.app.building import configure_logs, open_house
from watchword.app.settings import read
from watchword.app.supervisor import die_with_parent
from watchword.kernel.destinations import Destination, Destinations, EventMessage
from watchword.plumbing.work.relaying import Relays


class Dying:
    """A destination on the way to which the process dies."""

    def __init__(self, destination: Destination, moment: str, number: int) -> None:
        self.name, self.transport = destination.name, destination.transport
        self.batch = destination.batch
        self.connect, self.check = destination.connect, destination.check
        self.close = destination.close
        self._destination = destination
        self._moment = moment
        self._left = {"before": number, "after": number}

    async def publish(self, message: EventMessage) -> None:
        """Publish, and die at the moment that was chosen."""
        self._pass("before")
        await self._destination.publish(message)
        self._pass("after")

    def _pass(self, moment: str) -> None:
        self._left[moment] -= 1
        if moment == self._moment and self._left[moment] == 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def relay(moment: str, number: int) -> None:
    """Relay until the end."""
    settings = read(dict(os.environ), cwd=Path.cwd())
    configure_logs(settings, quiet=True)
    async with open_house(settings) as house:
        ways = house.part(Destinations).each
        house.put(Destinations, Destinations(tuple(Dying(each, moment, number) for each in ways)))
        house.put(Relays, relaying.relays(house))
        await house.part(Relays).run()


def main() -> None:
    """Fork relays."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    import aio_pika  # noqa: F401 - loaded once, for all
    import confluent_kafka  # noqa: F401

    from watchword.adapters.destinations import amqp, kafka  # noqa: F401
    from watchword.plumbing.db import postgres  # noqa: F401

    for line in sys.stdin:
        moment, _, number = line.strip().partition(" ")
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            die_with_parent()
            os.close(0)
            asyncio.run(relay(moment, int(number or 0)))
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
