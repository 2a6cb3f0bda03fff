"""Cleanup: ask each noun to forget what is over."""

from dataclasses import asdict

from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.operations.cleanup.rules import GUESSES_STAY, OUTBOX_STAYS, TICKETS_STAY, Removed
from watchword.plumbing.db import outbox
from watchword.plumbing.db.ports import Database
from watchword.plumbing.metrics import Metrics
from watchword.records.guesses.service import Guesses
from watchword.records.refresh_tokens.service import RefreshTokens
from watchword.records.sessions.service import Sessions
from watchword.records.tickets.service import Tickets


@service
class Cleanup:
    """Deletes what is over."""

    database: Database
    tickets: Tickets
    sessions: Sessions
    refresh_tokens: RefreshTokens
    guesses: Guesses
    metrics: Metrics
    clock: Clock

    async def run(self) -> Removed:
        """Delete all that is over."""
        now = self.clock.now()
        return self._counted(
            Removed(
                tickets=await self.tickets.purge(self.database, now - TICKETS_STAY),
                refresh_tokens=await self.refresh_tokens.purge(self.database, now),
                sessions=await self.sessions.purge(self.database, now),
                guesses=await self.guesses.purge(self.database, now - GUESSES_STAY),
                outbox=await outbox.purge(self.database, now - OUTBOX_STAYS),
            )
        )

    async def run_tickets(self) -> Removed:
        """Delete links and codes that are over."""
        before = self.clock.now() - TICKETS_STAY
        return self._counted(Removed(tickets=await self.tickets.purge(self.database, before)))

    async def run_tokens(self) -> Removed:
        """Delete links, codes and refresh tokens that are over."""
        now = self.clock.now()
        return self._counted(
            Removed(
                tickets=await self.tickets.purge(self.database, now - TICKETS_STAY),
                refresh_tokens=await self.refresh_tokens.purge(self.database, now),
            )
        )

    async def run_sessions(self) -> Removed:
        """Delete sessions that are over."""
        now = self.clock.now()
        return self._counted(Removed(sessions=await self.sessions.purge(self.database, now)))

    def _counted(self, removed: Removed) -> Removed:
        for kind, number in asdict(removed).items():
            self.metrics.cleaned.labels(kind).inc(number)
        return removed
