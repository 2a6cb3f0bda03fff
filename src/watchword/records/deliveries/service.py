"""Deliveries: queue letters within a transaction, carry them after it."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID

import msgspec

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import SubscriberId, mint
from watchword.kernel.messages import Message
from watchword.kernel.parts import service
from watchword.kernel.ports import Counters
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.contact import mailbox_key
from watchword.plumbing.db import outbox, pieces
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.pieces import Work
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.letters.writing import Letters
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.ports import Permission, Postbook
from watchword.plumbing.sealing import SealBroken, Sealer
from watchword.plumbing.settings import MailSettings
from watchword.plumbing.work.porters import Porters
from watchword.plumbing.work.sending import DECOY, NO_CARRIER, HeldBack, Sending
from watchword.records.deliveries.rules import (
    CODE,
    KIND,
    NO_CONSENT,
    NOTICE,
    Letter,
    LetterDead,
    LetterSuppressed,
    LetterWithheld,
    MailBudgetSettings,
)

_PADDING = {"about": "as long as most letters are " * 8}
_decode = msgspec.json.Decoder(Letter).decode


def _nobodys(now: datetime) -> Letter:
    return Letter(template=DECOY, to="", language="en", facts=_PADDING, expires_at=now)


class LetterSealer(Sealer):
    """Seals letters in the outbox."""


class LetterPorters(Porters):
    """Carry letters."""


@service
class Deliveries(Sending[Message]):
    """The way of a letter."""

    what = "letter"
    database: Database
    sealer: LetterSealer
    letters: Letters
    carriers: Mailing
    postbook: Postbook
    permission: Permission
    porters: LetterPorters
    journal: Journal
    settings: MailSettings
    budgets: MailBudgetSettings
    counters: Counters
    metrics: Metrics
    clock: Clock
    chance: Chance

    async def queue(
        self, tx: Transaction, letter: Letter, now: datetime, user_id: SubscriberId | None = None
    ) -> bool:
        """Write the letter into the outbox, with the facts that ask for it; false: it is withheld.

        Whoever asked cannot tell: the same work is done for nobody, and the journal alone knows.
        """
        reason = await self._withheld("all", now) if letter.priority == CODE else None
        if reason is None:
            await self._put(tx, letter, now)
            return True
        fact = LetterWithheld(user_id=user_id, asked_for=letter.template, reason=reason)
        await self.journal.record(tx, fact, now)
        await self._put(tx, _nobodys(now), now)
        tx.afterwards(self.metrics.emails_withheld.labels(reason).inc)
        return False

    async def _withheld(self, whose: str, now: datetime) -> str | None:
        """Draw on every budget; return which of them is used up."""
        for reason, limit in self.budgets.limits:
            if not (await self.counters.hit(f"mail:{reason}:{whose}", limit, now)).allowed:
                return reason
        return None

    async def _put(self, tx: Transaction, letter: Letter, now: datetime) -> None:
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

    async def pretend(self, tx: Transaction, now: datetime, priority: int = NOTICE) -> None:
        """Do the work of queueing a letter for nobody: strangers cannot tell by the time it takes."""
        if priority == CODE:
            await self._withheld(DECOY, now)
        await self._put(tx, _nobodys(now), now)

    async def forget(self, tx: Transaction, addresses: Collection[str], now: datetime) -> int:
        """Wipe every letter to one of these mailboxes (by key), also one that was given up."""
        return await outbox.forget(tx, KIND, lambda *piece: self._to(*piece) in addresses, now)

    def _to(self, letter_id: UUID, payload: bytes) -> str:
        try:
            return mailbox_key(_decode(self.sealer.open(payload, f"outbox:{letter_id}")).to)
        except SealBroken:
            return ""

    @property
    def most_tries(self) -> int:
        """Return how often a letter is tried before it is dead."""
        return self.settings.most_tries

    def write(self, work: Work) -> Message:
        """Open the seal and write the letter in its reader's language."""
        letter = self._opened(work)
        domain, ends_at = self.settings.sender_domain, letter.code_ends_at
        late = ends_at is not None and ends_at <= self.clock.now()
        message = self.letters.write(
            template=letter.template,
            language=letter.language,
            facts={**letter.facts, "code": ""} if late else letter.facts,
            to=letter.to,
            sender=self.settings.sender,
            message_id=f"<{work.id}@{domain}>",
        )
        return replace(message, needs=letter.needs, good_until=None if late else ends_at)

    def _opened(self, work: Work) -> Letter:
        return _decode(self.sealer.open(work.payload, f"outbox:{work.id}"))

    def good_until(self, work: Work, written: Message) -> datetime | None:
        """Return when the letter, or the code that it tells, is good for nothing."""
        ends = (each for each in (work.expires_at, written.good_until) if each is not None)
        return min(ends, default=None)

    def count(self, work: Work, result: str) -> None:
        """Count what came of a letter, when no carrier can tell."""
        self.metrics.emails.labels(NO_CARRIER, self.letters.known_as(work.label), result).inc()
        if result == pieces.DEAD:
            self.metrics.emails_dead.inc()

    def dead_fact(self, work: Work, reason: str) -> LetterDead:
        """Return what the journal tells of a letter that is dead."""
        return LetterDead(letter=str(work.id), template=work.label, reason=reason)

    async def held_back(self, work: Work, written: Message) -> HeldBack | None:
        """Return why the letter may not leave for its address; nothing when it may."""
        reason = await self._bar(work, written)
        if reason is None:
            return None
        about = self._opened(work).user_id
        fact = LetterSuppressed(
            letter=str(work.id),
            template=work.label,
            reason=reason,
            user_id=about or await self.postbook.owner(self.leaving(work, written)),
        )
        return HeldBack(reason, fact)

    async def _bar(self, work: Work, written: Message) -> str | None:
        asked_for, now = work.priority == CODE, self.clock.now()
        needs = written.needs
        if needs is not None and not await self.permission.allows(written.to, needs, now):
            return NO_CONSENT
        return await self.postbook.withheld(
            self.leaving(work, written), asked_for=asked_for, now=now
        )
