"""Publishing: events on their way to others, and what a destination says of one."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMessage:
    """An event as it travels: `key` is the account whose events keep their order; `body` is JSON."""

    id: UUID
    type: str
    key: UUID | None
    body: bytes


class Destination(Protocol):
    """A destination of events.

    `name` is what the outbox calls it, `transport` what metrics do; `batch` is how many it takes side by
    side.
    """

    name: str
    transport: str
    batch: int

    async def connect(self) -> None:
        """Be ready to publish. Problem: `OutOfReach`."""
        ...

    async def publish(self, message: EventMessage) -> None:
        """Return once the destination has it for good.

        Problems: `NotAccepted`, it certainly has not, and that is about this event; `OutOfReach`, it may or
        may not have it, and the destination is not well.
        """
        ...

    async def check(self) -> str | None:
        """Return nothing when it could publish, else a short reason."""
        ...

    async def close(self) -> None:
        """Leave."""
        ...


@dataclass(frozen=True, slots=True)
class Destinations:
    """Every destination that the settings name."""

    each: tuple[Destination, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return what the outbox calls them."""
        return tuple(each.name for each in self.each)
