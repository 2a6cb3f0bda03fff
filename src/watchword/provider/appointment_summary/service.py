"""Appointment summary: one letter for one key."""

from datetime import datetime

import msgspec

from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.settings import ServerSettings
from watchword.provider.appointment_summary.rules import (
    SummaryQueued,
    SummaryRequest,
    asks_consent,
    letter,
    read_summary,
)
from watchword.records.consents.rules import Purpose
from watchword.records.consents.service import Consents
from watchword.records.deliveries.service import Deliveries
from watchword.records.idempotency_keys.service import IdempotencyKeys
from watchword.records.subscribers.rules import Subscriber
from watchword.records.subscribers.service import Subscribers


@service
class AppointmentSummaries:
    """Sends summaries of appointments."""

    database: Database
    subscribers: Subscribers
    consents: Consents
    idempotency_keys: IdempotencyKeys
    deliveries: Deliveries
    journal: Journal
    server: ServerSettings
    clock: Clock

    async def send(self, whose: str, key: str, wanted: SummaryRequest, visitor: Visitor) -> None:
        """Send the summary, once for each key. Problems: `invalid_input`, `idempotency_key_reused`."""
        now = self.clock.now()
        summary = read_summary(wanted, now)
        asked = msgspec.json.encode(wanted)
        async with self.database.transaction() as tx:
            if not await self.idempotency_keys.keep(tx, whose, key, asked, now):
                return
            reader = await self.subscribers.find_by_email(tx, summary.email)
            needs = await self._needs(tx, reader, now)
            told = letter(summary, reader, self.server.default_language, needs)
            await self.deliveries.queue(tx, told, now)
            fact = SummaryQueued(user_id=reader.id if reader else None, service=whose)
            await self.journal.record(tx, fact, now, visitor)

    async def _needs(self, tx: Transaction, reader: Subscriber | None, now: datetime) -> str | None:
        """Return what a reader of ours must have allowed; for all others the program itself answers."""
        if reader is None:
            return None
        standings = await self.consents.standings(tx, reader.id, now)
        said = next(each for each in standings if each.purpose is Purpose.TRANSACTIONAL)
        required = self.consents.settings.required
        return Purpose.TRANSACTIONAL if asks_consent(said, required=required) else None
