"""The queue of one kind of work, as operators look after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from watchword.kernel.clock import Clock
from watchword.plumbing.db import queued
from watchword.plumbing.db.pieces import QueuedPiece
from watchword.plumbing.db.ports import Database
from watchword.plumbing.house import House

MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Queue:
    """What of one kind waits, is under way, or is dead."""

    database: Database
    clock: Clock
    kind: str

    @classmethod
    def of(cls, house: House, kind: str) -> "Queue":
        """Return the queue of a house."""
        database = house.part(Database)
        clock = house.part(Clock)
        return cls(database, clock, kind)

    async def every(self, *, dead_only: bool = False) -> list[QueuedPiece]:
        """Return what waits and what is dead, oldest first."""
        now = self.clock.now()
        return [*await queued.kept(self.database, self.kind, now, MOST, dead_only=dead_only)]

    async def dead(self) -> Sequence[UUID]:
        """Return every dead one, oldest first."""
        return await queued.dead_ids(self.database, self.kind)

    async def find(self, wanted: UUID) -> QueuedPiece | None:
        """Return one of them."""
        return await queued.find(self.database, self.kind, wanted, self.clock.now())

    async def depths(self) -> tuple[int, int]:
        """Return how much waits, and how much is dead."""
        waiting = await queued.depth(self.database, self.kind)
        return waiting, await queued.dead_depth(self.database, self.kind)

    async def retry(self, wanted: Sequence[UUID]) -> list[UUID]:
        """Make work due now, with all its tries before it, at any carrier; return what is."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            return [each for each in wanted if await queued.retry(tx, self.kind, each, now)]

    async def drop(self, wanted: Sequence[UUID]) -> list[UUID]:
        """Wipe work that shall never be done; return what is."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            return [each for each in wanted if await queued.drop(tx, self.kind, each, now)]
