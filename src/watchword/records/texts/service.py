"""Texts: queue them within a transaction, carry them after it."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

import msgspec

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import SubscriberId, mint
from watchword.kernel.messages import Text
from watchword.kernel.parts import service
from watchword.kernel.ports import Counters
from watchword.plumbing.carriers.texting import Texting
from watchword.plumbing.contact import PhoneNumber, described
from watchword.plumbing.db import outbox, pieces
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.pieces import Work
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.ports import Postbook
from watchword.plumbing.sealing import SealBroken, Sealer
from watchword.plumbing.settings import TextSettings
from watchword.plumbing.settings.organisation import Organisation
from watchword.plumbing.words.languages import Words
from watchword.plumbing.work.porters import Porters
from watchword.plumbing.work.sending import DECOY, NO_CARRIER, Sending
from watchword.records.texts.rules import (
    KIND,
    BudgetSettings,
    Draft,
    TextDead,
    TextWithheld,
    WithheldReason,
    barred,
    shares,
)

_PADDING = {"about": "as long as most are"}
_ANYWHERE = "unknown"
_decode = msgspec.json.Decoder(Draft).decode


class TextSealer(Sealer):
    """Seals texts in the outbox."""


class TextPorters(Porters):
    """Carry texts."""


@service
class Texts(Sending[Text]):
    """The way of a text."""

    what = "text"

    database: Database
    sealer: TextSealer
    words: Words
    organisation: Organisation
    carriers: Texting
    postbook: Postbook
    porters: TextPorters
    journal: Journal
    settings: TextSettings
    budgets: BudgetSettings
    counters: Counters
    metrics: Metrics
    clock: Clock
    chance: Chance

    async def queue(
        self, tx: Transaction, draft: Draft, now: datetime, user_id: SubscriberId | None = None
    ) -> bool:
        """Write the text into the outbox, with the facts that ask for it; false: it is withheld.

        Whoever asked cannot tell: the same work is done for nobody, and the journal alone knows.
        """
        number = described(draft.to)
        reason = await self._withheld(number, now)
        if reason is None:
            await self._put(tx, draft, now)
            return True
        fact = TextWithheld(
            user_id=user_id, template=draft.words, country=number.country, reason=reason
        )
        await self.journal.record(tx, fact, now)
        await self.pretend(tx, now)
        tx.afterwards(self.metrics.texts_withheld.labels(reason).inc)
        return False

    async def decline(self, tx: Transaction, to: str, now: datetime) -> None:
        """Do the work of `queue` for a number that gets nothing; it draws on budgets of nobody."""
        await self._withheld(described(to), now, purse=DECOY)
        await self.pretend(tx, now)

    async def _withheld(
        self, number: PhoneNumber, now: datetime, purse: str = "sms"
    ) -> WithheldReason | None:
        """Draw on every budget; return why the text may not leave."""
        if (reason := barred(number, self.carriers.countries)) is not None:
            return reason
        for share in shares(number, self.budgets):
            key = f"{purse}:{share.reason}:{share.key}"
            if not (await self.counters.hit(key, share.limit, now)).allowed:
                return share.reason
        return None

    async def _put(self, tx: Transaction, draft: Draft, now: datetime) -> None:
        text_id = mint(now, self.chance)
        sealed = self.sealer.seal(msgspec.json.encode(asdict(draft)), f"outbox:{text_id}")
        await outbox.put(
            tx,
            id=text_id,
            kind=KIND,
            label=draft.words,
            payload=sealed,
            now=now,
            priority=draft.priority,
            due_at=draft.not_before,
            expires_at=draft.expires_at,
        )

    async def pretend(self, tx: Transaction, now: datetime) -> None:
        """Do the work of queueing a text for nobody: strangers cannot tell by the time it takes."""
        nobody = Draft(words=DECOY, to="", language="en", facts=_PADDING, expires_at=now)
        await self._put(tx, nobody, now)

    async def forget(self, tx: Transaction, numbers: Collection[str], now: datetime) -> int:
        """Wipe every text to one of these numbers, also one that was given up."""
        return await outbox.forget(tx, KIND, lambda *piece: self._to(*piece) in numbers, now)

    def _to(self, text_id: UUID, payload: bytes) -> str:
        try:
            return _decode(self.sealer.open(payload, f"outbox:{text_id}")).to
        except SealBroken:
            return ""

    @property
    def most_tries(self) -> int:
        """Return how often a text is tried before it is dead."""
        return self.settings.most_tries

    def write(self, work: Work) -> Text:
        """Open the seal and write the text in its reader's language."""
        draft = _decode(self.sealer.open(work.payload, f"outbox:{work.id}"))
        told = {"org": self.organisation.name, **draft.facts}
        return Text(
            id=str(work.id),
            to=draft.to,
            body=self.words.t(draft.language, draft.words, told),
            template=draft.words,
            language=draft.language,
            country=described(draft.to).country,
        )

    def count(self, work: Work, result: str) -> None:  # noqa: ARG002 - the country is sealed
        """Count what came of a text, when no carrier can tell."""
        self.metrics.texts.labels(NO_CARRIER, _ANYWHERE, result).inc()
        if result == pieces.DEAD:
            self.metrics.texts_dead.inc()

    def dead_fact(self, work: Work, reason: str) -> TextDead:
        """Return what the journal tells of a text that is dead."""
        return TextDead(text=str(work.id), template=work.label, reason=reason)
