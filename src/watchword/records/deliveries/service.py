"""Deliveries: queue letters within a transaction, carry them after it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import msgspec

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import mint
from watchword.kernel.messages import Message
from watchword.kernel.parts import service
from watchword.plumbing.carriers import Carriers, Handover, Result, Try
from watchword.plumbing.db import outbox
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.outbox import Settled, Work
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.letters import Letters
from watchword.plumbing.logs import log
from watchword.plumbing.metrics import Metrics
from watchword.plumbing.porters import Porters
from watchword.plumbing.sealing import Sealer
from watchword.records.deliveries.rules import (
    A_MOMENT,
    KIND,
    NO_CARRIER,
    Letter,
    LetterBuried,
    MailSettings,
    next_try,
)

NOBODY, EXPIRED = "nobody", "expired"
_PADDING = {"about": "as long as most letters are " * 8}
_decode = msgspec.json.Decoder(Letter).decode


class LetterSealer(Sealer):
    """Seals letters in the outbox."""


class LetterPorters(Porters):
    """Carry letters."""


@service
class Deliveries:
    """The way of a letter."""

    database: Database
    sealer: LetterSealer
    letters: Letters
    carriers: Carriers
    porters: LetterPorters
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
        """Carry what is due, several letters at once; return how many that were."""
        return await self.porters.carry(self._carry_one, self._settle, self.carriers.all_rest)

    def rest(self) -> None:
        """Begin no further letter."""
        self.porters.rest()

    async def _carry_one(self, work: Work) -> Settled:
        now = self.clock.now()
        if work.expires_at is not None and work.expires_at <= now:
            return outbox.finished(work, EXPIRED)
        if work.lapsed:
            self._count(work, Result.UNKNOWN)
            log().warning("letter taken over", letter=str(work.id), tries=work.attempts)
        try:
            message = self._write(work)
        except Exception as error:  # noqa: BLE001 - it will not become writable later
            log().exception("letter cannot be written", letter=str(work.id), template=work.label)
            return outbox.buried(work, type(error).__name__)
        handover = await self.carriers.send(message)
        if handover.sent is not None:
            return self._sent(work, handover.sent)
        if handover.untried:
            rest = handover.rest_until or now
            return outbox.untried(work, max(rest, now + A_MOMENT))
        return self._try_later(work, handover)

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

    def _sent(self, work: Work, tried: Try) -> Settled:
        log().info(
            "letter sent",
            category="performance",
            letter=str(work.id),
            template=work.label,
            carrier=tried.carrier,
            reference=tried.reference,
            duration_ms=round(tried.seconds * 1000, 2),
        )
        return outbox.finished(work, Result.SENT)

    def _try_later(self, work: Work, handover: Handover) -> Settled:
        if handover.hopeless or work.attempts >= self.settings.most_tries:
            return outbox.buried(work, handover.reason)
        log().warning(
            "letter delayed",
            letter=str(work.id),
            tries=work.attempts,
            result=handover.tries[-1].result,
            reason=handover.reason,
        )
        now, jitter = self.clock.now(), self.chance.below(1000) / 1000
        later = next_try(work.attempts, now, jitter, handover.retry_after)
        return outbox.put_back(work, later, handover.reason)

    async def _settle(self, back: Sequence[Settled]) -> None:
        """Write what became of letters; of those given up the journal tells, in the same commit."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            held = await outbox.settle(tx, back, now)
            buried = [each for each in back if each.outcome == outbox.DEAD and each.work.id in held]
            for each in buried:
                await self.journal.record(tx, _fact(each), now)
        for each in back:
            if each.outcome == EXPIRED and each.work.id in held:
                self._count(each.work, EXPIRED)
        for each in buried:
            self._tell_buried(each)

    def _tell_buried(self, each: Settled) -> None:
        """Say that a letter was given up; its sealed words stay for an operator to try again."""
        letter, template = str(each.work.id), each.work.label
        log().error("letter not delivered", letter=letter, template=template, reason=each.reason)
        self._count(each.work, outbox.DEAD)
        self.metrics.emails_dead.inc()

    def _count(self, work: Work, result: str) -> None:
        """Count what came of a letter that no carrier has."""
        known_as = self.letters.known_as(work.label)
        self.metrics.emails.labels(NO_CARRIER, known_as, result).inc()


def _fact(each: Settled) -> LetterBuried:
    work = each.work
    return LetterBuried(letter=str(work.id), template=work.label, reason=each.reason or "")
