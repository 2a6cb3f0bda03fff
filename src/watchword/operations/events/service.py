"""What operators ask of events."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Final

from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.kernel.publishing import Publishers
from watchword.operations.events.rules import DestinationStatus, Parked, status_of, told, well
from watchword.plumbing.events.envelope import CloudEvent
from watchword.plumbing.house import House
from watchword.plumbing.probes import Step
from watchword.records.events.rules import Backlog, Chosen
from watchword.records.events.service import Events

_LOOK: Final = timedelta(seconds=1)
_OVERLAP: Final = timedelta(seconds=30)  # a fact may be seen so long after its moment
_MOST: Final = 1000


@service
class EventDesk:
    """Reads events, and sends them once more."""

    events: Events
    publishers: Publishers
    clock: Clock

    async def newest(self, chosen: Chosen, most: int) -> list[CloudEvent]:
        """Return the newest events of those that are meant, oldest first."""
        return await self.events.newest(chosen, most)

    async def follow(self, chosen: Chosen) -> AsyncIterator[CloudEvent]:
        """Yield events as they happen, for ever."""
        seen: set[object] = {each.id for each in await self._lately(chosen)}
        while True:
            await asyncio.sleep(_LOOK.total_seconds())
            found = await self._lately(chosen)
            for each in found:
                if each.id not in seen:
                    yield each
            seen = {each.id for each in found}

    async def status(self) -> list[DestinationStatus]:
        """Return how each destination is; one that is owed something and is not set up counts too."""
        owed = {each.destination: each for each in await self.events.backlogs()}
        troubles = dict.fromkeys(owed, "not set up")
        asked = await asyncio.gather(*(each.check() for each in self.publishers.each))
        found = {**troubles, **dict(zip(self.publishers.names, asked, strict=True))}
        now = self.clock.now()
        return [
            status_of(name, trouble, owed.get(name, Backlog(name)), now)
            for name, trouble in found.items()
        ]

    async def parked(self, destination: str | None) -> list[Parked]:
        """Return what was parked, oldest first."""
        rows = await self.events.parked(destination, _MOST)
        return [
            Parked(
                destination=row.destination,
                event_id=row.event_id,
                type=row.type or "",
                subject=row.subject,
                tries=row.attempts,
                parked_at=row.parked_at,
                reason=row.reason or "",
            )
            for row in rows
        ]

    async def refused(self, destination: str | None) -> int:
        """Return how much was parked."""
        owed = await self.events.backlogs()
        return sum(each.parked for each in owed if destination in {None, each.destination})

    async def revive(self, destination: str | None) -> int:
        """Make what was parked due again; return how much that is."""
        return await self.events.revive(destination)

    async def number(self, chosen: Chosen) -> int:
        """Return how many events are meant."""
        return await self.events.number(chosen)

    async def again(self, destinations: Sequence[str], chosen: Chosen) -> int:
        """Owe events once more to each of these; return how many sendings that makes."""
        return await self.events.again(destinations, chosen, self.clock.now())

    def destinations(self, named: str) -> tuple[str, ...]:
        """Return the destinations that are meant: one, or all that are set up. Problem: `invalid_input`."""
        names = self.publishers.names
        if named and named not in names:
            known = ", ".join(names) or "none is set up"
            raise InputInvalid(
                errors=[FieldError("--to", "unknown", f"no such destination: {known}")]
            )
        return (named,) if named else names

    async def _lately(self, chosen: Chosen) -> list[CloudEvent]:
        since = self.clock.now() - _OVERLAP
        lately = Chosen(types=chosen.types, since=since, subject=chosen.subject)
        return await self.events.newest(lately, _MOST)


async def steps(house: House) -> list[Step]:
    """Look at every destination, as the doctor tells it."""
    return [
        Step(each.destination, well(each), told(each))
        for each in await house.part(EventDesk).status()
    ]
