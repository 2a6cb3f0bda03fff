"""Deliveries: queue letters within a transaction, carry them after it."""

import time
from dataclasses import asdict
from datetime import datetime

import msgspec

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import mint
from watchword.kernel.messages import Message
from watchword.kernel.parts import service
from watchword.kernel.ports import Mailer, NotAccepted, Undelivered
from watchword.plumbing.db import outbox
from watchword.plumbing.db.outbox import Work
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.letters import Letters
from watchword.plumbing.logs import log
from watchword.plumbing.metrics import Metrics
from watchword.plumbing.sealing import SealBroken, Sealer
from watchword.records.deliveries.rules import (
    BATCH,
    KIND,
    LEASE,
    MAX_TRIES,
    PATIENCE,
    Letter,
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
    mailer: Mailer
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
            await self._settle(work, "expired")
            return
        try:
            message = self._write(work)
        except Exception as error:  # noqa: BLE001 - it will not become writable later
            log().exception("letter cannot be written", letter=str(work.id), template=work.label)
            await self._settle(work, "dead", type(error).__name__)
            return
        started = time.monotonic()
        try:
            await self.mailer.send(message)
        except (NotAccepted, Undelivered) as trouble:
            await self._try_later(work, trouble)
        else:
            seconds = time.monotonic() - started
            self.metrics.email_seconds.labels(self.mailer.name).observe(seconds)
            log().info(
                "letter sent",
                category="performance",
                letter=str(work.id),
                template=work.label,
                duration_ms=round(seconds * 1000, 2),
            )
            await self._settle(work, "sent")

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

    async def _try_later(self, work: Work, trouble: NotAccepted | Undelivered) -> None:
        lasting = isinstance(trouble, NotAccepted) and trouble.lasting
        if lasting or work.attempts >= MAX_TRIES:
            log().error(
                "letter not delivered",
                letter=str(work.id),
                template=work.label,
                reason=str(trouble),
            )
            await self._settle(work, "dead", str(trouble))
            return
        log().warning(
            "letter delayed", letter=str(work.id), tries=work.attempts, reason=str(trouble)
        )
        later = next_try(work.attempts, self.clock.now(), self.chance.below(1000) / 1000)
        self._count(work, "failed")
        await outbox.retry(self.database, work, later, str(trouble))

    async def _settle(self, work: Work, outcome: str, reason: str = "") -> None:
        self._count(work, outcome)
        if outcome == "dead":
            self.metrics.emails_dead.inc()
        await outbox.finish(self.database, work, self.clock.now(), outcome, reason)

    def _count(self, work: Work, result: str) -> None:
        template = METRIC_NAMES.get(work.label, work.label.rpartition("/")[2])
        self.metrics.emails.labels(self.mailer.name, template, result).inc()


METRIC_NAMES = {"login/sign_in_code": "otp_verification"}

__all__ = ["Deliveries", "LetterSealer", "SealBroken"]
