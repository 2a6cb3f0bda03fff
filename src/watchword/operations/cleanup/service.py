"""Cleanup: ask each noun to forget what is over, one process at a time."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import mint
from watchword.kernel.parts import service
from watchword.operations.cleanup.rules import (
    GUESSES_STAY,
    LEASE,
    LEASE_LASTS,
    OUTBOX_STAYS,
    TICKETS_STAY,
    CleanupSettings,
    Removed,
)
from watchword.plumbing.db import event_queue, leases, outbox
from watchword.plumbing.db.leases import Lease
from watchword.plumbing.db.ports import Database
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.settings import EventSettings
from watchword.records.dispatches.rules import FeedbackSettings
from watchword.records.dispatches.service import Dispatches
from watchword.records.exports.rules import STAYS as EXPORTS_STAY
from watchword.records.exports.service import Exports
from watchword.records.guesses.service import Guesses
from watchword.records.idempotency_keys.rules import STAYS as KEYS_STAY
from watchword.records.idempotency_keys.service import IdempotencyKeys
from watchword.records.receipts.service import Receipts
from watchword.records.refresh_tokens.service import RefreshTokens
from watchword.records.resets.rules import STAYS as RESETS_STAY
from watchword.records.resets.service import Resets
from watchword.records.sessions.service import Sessions
from watchword.records.signals.rules import STAYS as SIGNALS_STAY
from watchword.records.signals.service import Signals
from watchword.records.tickets.service import Tickets
from watchword.records.ussd_sessions.service import UssdSessions


@service
class Cleanup:
    """Deletes what is over."""

    database: Database
    tickets: Tickets
    sessions: Sessions
    refresh_tokens: RefreshTokens
    guesses: Guesses
    idempotency_keys: IdempotencyKeys
    dispatches: Dispatches
    receipts: Receipts
    resets: Resets
    ussd_sessions: UssdSessions
    signals: Signals
    exports: Exports
    feedback: FeedbackSettings
    telling: EventSettings
    settings: CleanupSettings
    metrics: Metrics
    clock: Clock
    chance: Chance

    async def run(self) -> Removed | None:
        """Delete all that is over; nothing when another process does so just now."""
        return await self._alone(self._everything)

    async def run_when_due(self) -> Removed | None:
        """Delete all that is over, once for each time, whoever comes first."""
        due = self.settings.times.latest(self.clock.now())
        return await self._alone(self._everything, due)

    async def run_tickets(self) -> Removed | None:
        """Delete links and codes that are over; nothing when another process does so."""
        return await self._alone(self._tickets)

    async def run_tokens(self) -> Removed | None:
        """Delete links, codes and refresh tokens that are over; nothing when another does so."""
        return await self._alone(self._tokens)

    async def run_sessions(self) -> Removed | None:
        """Delete sessions that are over; nothing when another process does so."""
        return await self._alone(self._sessions)

    async def _alone(
        self, work: Callable[[datetime], Awaitable[Removed]], due: datetime | None = None
    ) -> Removed | None:
        """Do it under the lease, which ends by itself should we be killed."""
        now = self.clock.now()
        lease = Lease(LEASE, mint(now, self.chance))
        async with leases.alone(self.database, lease, now, LEASE_LASTS, due) as ours:
            if not ours:
                return None
            removed = await work(now)
        for kind, number in asdict(removed).items():
            self.metrics.cleaned.labels(kind).inc(number)
        return removed

    async def _everything(self, now: datetime) -> Removed:
        return Removed(
            tickets=await self.tickets.purge(self.database, now - TICKETS_STAY),
            refresh_tokens=await self.refresh_tokens.purge(self.database, now),
            sessions=await self.sessions.purge(self.database, now),
            guesses=await self.guesses.purge(self.database, now - GUESSES_STAY),
            outbox=await outbox.purge(self.database, now - OUTBOX_STAYS),
            idempotency_keys=await self.idempotency_keys.purge(self.database, now - KEYS_STAY),
            dispatches=await self.dispatches.purge(self.database, now - self.feedback.stays),
            receipts=await self.receipts.purge(self.database, now),
            ussd_sessions=await self.ussd_sessions.purge(self.database, now),
            resets=await self.resets.purge(self.database, now - RESETS_STAY),
            events=await event_queue.purge(self.database, now - self.telling.stays),
            signals=await self.signals.purge(self.database, now - SIGNALS_STAY),
            exports=await self.exports.purge(self.database, now - EXPORTS_STAY),
        )

    async def _tickets(self, now: datetime) -> Removed:
        return Removed(tickets=await self.tickets.purge(self.database, now - TICKETS_STAY))

    async def _tokens(self, now: datetime) -> Removed:
        return Removed(
            tickets=await self.tickets.purge(self.database, now - TICKETS_STAY),
            refresh_tokens=await self.refresh_tokens.purge(self.database, now),
        )

    async def _sessions(self, now: datetime) -> Removed:
        return Removed(sessions=await self.sessions.purge(self.database, now))
