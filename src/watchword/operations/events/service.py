"""What operators ask of events, and may do about them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Final

from watchword.kernel.clock import Clock
from watchword.kernel.destinations import Destinations
from watchword.kernel.parts import service
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.operations.events import store
from watchword.operations.events.rules import (
    Chosen,
    DeadEvent,
    DestinationStatus,
    plainly,
    status_of,
    told,
    well,
)
from watchword.plumbing.db import event_queue
from watchword.plumbing.db.owed_events import Backlog
from watchword.plumbing.db.ports import Database
from watchword.plumbing.events.envelope import CloudEvent, cloud_event
from watchword.plumbing.house import House
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.probes import Step, posting
from watchword.plumbing.settings.events import WEBHOOK, EventWebhookSettings

_LOOK: Final = timedelta(seconds=1)
_OVERLAP: Final = timedelta(seconds=30)  # a fact may be seen so long after its moment
_MOST: Final = 1000


@service
class Events:
    """Reads events, and sends them once more."""

    database: Database
    issuer: Issuer
    ways: Destinations
    clock: Clock

    async def newest(self, chosen: Chosen, most: int) -> list[CloudEvent]:
        """Return the newest events of those that are meant, oldest first."""
        found = await store.newest(self.database, chosen, most)
        return [cloud_event(each, self.issuer.url) for each in found]

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
        owed = {each.destination: each for each in await event_queue.backlogs(self.database)}
        troubles = dict.fromkeys(owed, "not set up")
        asked = await asyncio.gather(
            *(each.check() for each in self.ways.each), return_exceptions=True
        )
        found = {**troubles, **dict(zip(self.ways.names, map(_trouble, asked), strict=True))}
        now = self.clock.now()
        return [
            status_of(name, trouble, owed.get(name, Backlog(name)), now)
            for name, trouble in found.items()
        ]

    async def dead(self, destination: str | None) -> list[DeadEvent]:
        """Return dead letters, oldest first."""
        rows = await event_queue.dead(self.database, destination, _MOST)
        return [
            DeadEvent(
                destination=row.destination,
                event_id=row.event_id,
                type=row.type or "",
                subject=row.subject,
                tries=row.attempts,
                dead_at=row.dead_at,
                reason=plainly(row.reason or ""),
            )
            for row in rows
        ]

    async def number_dead(self, destination: str | None) -> int:
        """Return how many dead letters there are."""
        owed = await event_queue.backlogs(self.database)
        return sum(each.dead for each in owed if destination in {None, each.destination})

    async def retry(self, destination: str | None) -> int:
        """Make dead letters due again; return how many that are."""
        async with self.database.transaction() as tx:
            return await event_queue.retry(tx, destination)

    async def number(self, chosen: Chosen) -> int:
        """Return how many events are meant."""
        return await store.number(self.database, chosen)

    async def replay(self, destinations: Sequence[str], chosen: Chosen) -> int:
        """Owe events once more to each of these; return how many sendings that makes."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            return sum([await store.replay(tx, each, chosen, now) for each in destinations])

    def destinations(self, named: str) -> tuple[str, ...]:
        """Return the destinations that are meant: one, or all that are set up. Problem: `invalid_input`."""
        names = self.ways.names
        if named and named not in names:
            known = ", ".join(names) or "none is set up"
            raise InputInvalid(
                errors=[FieldError("--to", "unknown", f"no such destination: {known}")]
            )
        return (named,) if named else names

    async def _lately(self, chosen: Chosen) -> list[CloudEvent]:
        since = self.clock.now() - _OVERLAP
        lately = Chosen(types=chosen.types, since=since, subject=chosen.subject)
        return await self.newest(lately, _MOST)


def _trouble(found: str | BaseException | None) -> str | None:
    """Return what a look at a destination found; one that breaks says nothing against the others."""
    return type(found).__name__ if isinstance(found, BaseException) else found


async def steps(house: House) -> list[Step]:
    """Look at every destination, as the doctor tells it."""
    webhooks = house.part(EventWebhookSettings)
    ways = {
        f"{WEBHOOK}{name}": posting(url, len(webhooks.keys[name]))
        for name, url in webhooks.urls.items()
    }
    return [
        Step(each.destination, well(each), told(each, ways.get(each.destination, "")))
        for each in await house.part(Events).status()
    ]
