"""Settling: what became of pieces of work is written with all that belongs to it, in one commit.

    dead      the journal tells of it, and its payload stays for an operator to try again
    later     after 2, 4, 8 ... seconds, at most an hour, and not before whoever has to take it wants it;
              where whoever takes it is well and its reader is not ready, after 5, 20, 80 ... seconds:
              mailboxes that greylist strangers want minutes, sometimes an hour

Only who still holds the lease of a piece settles it, and of several leases of one the last counts.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from watchword.kernel.backoff import pause
from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.facts import Fact
from watchword.plumbing.db import outbox, pieces
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.pieces import Settled, Work
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.work.porters import Porters

_FIRST_DELAY: Final = timedelta(seconds=2)
_FIRST_DELAY_OF_READER: Final = timedelta(seconds=5)
_LONGEST_DELAY: Final = timedelta(hours=1)


def _lease(settled: Settled) -> int:
    """Return the number of a lease: we may have leased a piece anew that we slept over."""
    return settled.work.attempts


class Settling(ABC):
    """The end of each piece that porters carried, and of their day."""

    database: Database
    porters: Porters
    journal: Journal
    clock: Clock
    chance: Chance

    @property
    @abstractmethod
    def most_tries(self) -> int:
        """Return how often a piece is tried before it is dead."""

    @abstractmethod
    def dead_fact(self, work: Work, reason: str) -> Fact:
        """Return what the journal tells of a piece that is dead."""

    @abstractmethod
    def told(self, settled: Settled) -> None:
        """Log and count what became of a piece, after the commit."""

    async def beside(self, tx: Transaction) -> None:  # noqa: B027 - most bring no more
        """Write what else a batch brought, in its commit."""

    def rest(self) -> None:
        """Begin no further piece."""
        self.porters.rest()

    def _dead(self, work: Work, reason: str) -> Settled:
        """Give it up."""

        async def tell(tx: Transaction) -> None:
            await self.journal.record(tx, self.dead_fact(work, reason), self.clock.now())

        return pieces.dead(work, reason, tell)

    def _later(
        self,
        work: Work,
        reason: str,
        asked_for: timedelta | None,
        perhaps_at: str | None = None,
        *,
        of_reader: bool = False,
    ) -> Settled:
        """Leave it for another try; they may have `asked_for` more time."""
        shortest, failures = _FIRST_DELAY, work.attempts
        if of_reader:  # four times as long each time, not twice
            shortest, failures = _FIRST_DELAY_OF_READER, 2 * work.attempts - 1
        wait = pause(failures, shortest, _LONGEST_DELAY, self.chance.fraction(), asked_for)
        return pieces.delayed(work, self.clock.now() + wait, reason, perhaps_at)

    async def _settle(self, back: Sequence[Settled]) -> None:
        """Write what became of a batch, and what belongs to it, in one commit."""
        async with self.database.transaction() as tx:
            held = await outbox.settle(tx, back, self.clock.now())
            latest = {each.work.id: each for each in sorted(back, key=_lease)}
            settled = [each for name, each in latest.items() if name in held]
            for each in settled:
                if each.also is not None:
                    await each.also(tx)
            await self.beside(tx)
        for each in settled:
            self.told(each)
