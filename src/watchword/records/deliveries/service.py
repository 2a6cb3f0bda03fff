"""Deliveries: queue letters within a transaction, carry them after it."""

from dataclasses import asdict
from datetime import datetime

import msgspec

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import mint
from watchword.kernel.messages import Message
from watchword.kernel.parts import service
from watchword.plumbing.carriers import Carriers, Handover, Try
from watchword.plumbing.db import outbox
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.outbox import Work
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.letters import Letters
from watchword.plumbing.logs import log
from watchword.plumbing.metrics import Metrics
from watchword.plumbing.sealing import Sealer
from watchword.records.deliveries.rules import (
    A_MOMENT,
    BATCH,
    KIND,
    LEASE,
    NO_CARRIER,
    PATIENCE,
    Letter,
    LetterBuried,
    MailSettings,
    next_try,
)

NOBODY = "nobody"
_PADDING = {"about": "as long as most letters are " * 8}
_decode = msgspec.json.Decoder(Letter).decode


class LetterSealer(Sealer):
    """Seals letters in the outbox."""


@service
class Deliveries:
    """The way of a letter."""

    database: Database
    sealer: LetterSealer
    letters: Letters
    carriers: Carriers
    journal: Journal
    settings: MailSettings
    metrics: Metrics
    clock: Clock
    chance: Chance

    async def queue(self, tx: Transaction, letter: Letter, now: datetime) -> None:
        """Write the letter into the outbox, with the facts that ask for it."""
        letter_id = mint(now, self.chance)
        sealed = self.sealer.seal(msgspec.json.encode(asdict(letter)), f"outbox:{letter_id}")
        await outbox.put(
            tx,
            id=letter_id,
            kind=KIND,
            label=letter.template,
            payload=sealed,
            now=now,
            priority=letter.priority,
            due_at=letter.not_before,
            expires_at=letter.expires_at,
        )

    async def pretend(self, tx: Transaction, now: datetime) -> None:
        """Do the work of queueing a letter for nobody: strangers cannot tell by the time it takes."""
        nobody = Letter(template=NOBODY, to="", language="en", facts=_PADDING, expires_at=now)
        await self.queue(tx, nobody, now)

    async def carry(self) -> int:
        """Carry what is due; return how many pieces of work were claimed."""
        claimed = await outbox.claim(self.database, KIND, self.clock.now(), LEASE, BATCH)
        for work in claimed:
            if self.clock.now() + PATIENCE < work.leased_until:  # else another worker may have it
                await self._carry_one(work)
        return len(claimed)

    async def _carry_one(self, work: Work) -> None:
        now = self.clock.now()
        if work.expires_at is not None and work.expires_at <= now:
            self._count(work, "expired")
            await outbox.finish(self.database, work, now, "expired")
            return
        try:
            message = self._write(work)
        except Exception as error:  # noqa: BLE001 - it will not become writable later
            log().exception("letter cannot be written", letter=str(work.id), template=work.label)
            await self._bury(work, type(error).__name__)
            return
        handover = await self.carriers.send(message)
        if handover.sent is not None:
            await self._sent(work, handover.sent)
        elif handover.untried:
            rest = handover.rest_until or now
            await outbox.give_back(self.database, work, max(rest, now + A_MOMENT))
        else:
            await self._try_later(work, handover)

    def _write(self, work: Work) -> Message:
        letter = _decode(self.sealer.open(work.payload, f"outbox:{work.id}"))
        domain = self.settings.sender_domain
        return self.letters.write(
            template=letter.template,
            language=letter.language,
            facts=letter.facts,
            to=letter.to,
            sender=self.settings.sender,
            message_id=f"<{work.id}@{domain}>",
        )

    async def _sent(self, work: Work, tried: Try) -> None:
        log().info(
            "letter sent",
            category="performance",
            letter=str(work.id),
            template=work.label,
            carrier=tried.carrier,
            reference=tried.reference,
            duration_ms=round(tried.seconds * 1000, 2),
        )
        await outbox.finish(self.database, work, self.clock.now(), "sent")

    async def _try_later(self, work: Work, handover: Handover) -> None:
        if handover.hopeless or work.attempts >= self.settings.most_tries:
            await self._bury(work, handover.reason)
            return
        log().warning(
            "letter delayed", letter=str(work.id), tries=work.attempts, reason=handover.reason
        )
        now, jitter = self.clock.now(), self.chance.below(1000) / 1000
        later = next_try(work.attempts, now, jitter, handover.retry_after)
        await outbox.retry(self.database, work, later, handover.reason)

    async def _bury(self, work: Work, reason: str) -> None:
        """Give the letter up, and say so; its sealed words stay for an operator to try again."""
        letter, now = str(work.id), self.clock.now()
        async with self.database.transaction() as tx:
            if not await outbox.bury(tx, work, now, reason):
                return
            fact = LetterBuried(letter=letter, template=work.label, reason=reason)
            await self.journal.record(tx, fact, now)
        log().error("letter not delivered", letter=letter, template=work.label, reason=reason)
        self._count(work, outbox.DEAD)
        self.metrics.emails_dead.inc()

    def _count(self, work: Work, result: str) -> None:
        """Count what came of a letter that no carrier has."""
        known_as = self.letters.known_as(work.label)
        self.metrics.emails.labels(NO_CARRIER, known_as, result).inc()
