"""Shelves: destinations of events that keep what they get; they can be told to refuse, or to be away.

A shelf keeps to the same contract as the real ones (tests/contracts/test_destinations.py).
"""

from collections.abc import Callable
from typing import Any

import msgspec

from watchword.kernel.destinations import EventMessage
from watchword.kernel.ports import NotAccepted, OutOfReach

Trouble = NotAccepted | OutOfReach | None


class Shelf:
    """A destination in memory."""

    transport = "fake"

    def __init__(self, name: str = "shelf", batch: int = 100) -> None:
        self.name = name
        self.batch = batch
        self.messages: list[EventMessage] = []
        self.tries = 0
        self.trouble: Callable[[EventMessage], Trouble] = lambda _message: None
        self.away = False

    async def connect(self) -> None:
        """Be away, if told to."""
        if self.away:
            raise OutOfReach("away")

    async def publish(self, message: EventMessage) -> None:
        """Keep it, unless told otherwise."""
        self.tries += 1
        await self.connect()
        trouble = self.trouble(message)
        if trouble is not None:
            raise trouble
        self.messages.append(message)

    async def check(self) -> str | None:
        """Return why it is away, if it is."""
        return "away" if self.away else None

    async def close(self) -> None:
        """Leave."""

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return what it got, as its readers read it."""
        return [msgspec.json.decode(each.body) for each in self.messages]
