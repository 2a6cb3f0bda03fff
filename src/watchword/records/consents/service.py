"""Consents: add acts, tell what holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from watchword.kernel.chance import Chance
from watchword.kernel.ids import SubscriberId, mint
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Executor, Transaction
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.words.consent_texts import ConsentTexts
from watchword.records.consents import store
from watchword.records.consents.rules import (
    ERASURE,
    FACTS,
    MAILBOX_PROOF,
    REGISTRATION,
    Act,
    ConsentIgnored,
    ConsentSettings,
    Deed,
    Purpose,
    Standing,
    Terms,
    deed_of,
    standing,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an act comes from: by which way, in which language, from whom (nobody: the console)."""

    channel: str
    language: str
    visitor: Visitor | None = None


@service
class Consents:
    """The acts, and what holds of them."""

    texts: ConsentTexts
    settings: ConsentSettings
    journal: Journal
    metrics: Metrics
    chance: Chance

    def terms(self, purpose: Purpose) -> Terms:
        """Return what a consent to a purpose is today."""
        version = self.texts.version(purpose)
        return Terms(purpose=purpose, version=version, lasts=self.settings.max_age)

    def asked(self, language: str) -> list[tuple[str, str]]:
        """Return what a registration asks for, in words; nothing where none is needed."""
        needed = self.settings.required
        return [(each.value, self.texts.say(each, language)) for each in Purpose if needed]

    async def standings(
        self, db: Executor, user_id: SubscriberId, now: datetime
    ) -> tuple[Standing, ...]:
        """Return what holds for each purpose."""
        acts = await store.latest(db, user_id)
        return tuple(standing(self.terms(each), acts.get(each), now) for each in Purpose)

    async def history(
        self, db: Executor, user_id: SubscriberId, before: int, size: int
    ) -> list[Act]:
        """Return acts before a number, the newest first."""
        return await store.page(db, user_id, before, size)

    async def begin(
        self,
        tx: Transaction,
        user_id: SubscriberId,
        purposes: Iterable[Purpose],
        source: Source,
        now: datetime,
    ) -> None:
        """Write what a new account allows."""
        for number, purpose in enumerate(purposes, start=1):
            act = self._act(number, purpose, Deed.GRANTED, source, now)
            await self._write(tx, user_id, act, source, now)

    async def ignore(
        self,
        tx: Transaction,
        user_id: SubscriberId,
        purposes: Iterable[Purpose],
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """Do the work of `begin` for an account that is there already; nothing of it holds."""
        source = Source(channel=REGISTRATION, language="", visitor=visitor)
        for number, purpose in enumerate(purposes, start=1):
            act = self._act(number, purpose, Deed.GRANTED, source, now)
            await store.add_none(tx, mint(now, self.chance), user_id, act)
            fact = ConsentIgnored(
                user_id=user_id,
                purpose=purpose,
                text_version=act.text_version,
                channel=REGISTRATION,
            )
            await self.journal.record(tx, fact, now, visitor)

    async def change(
        self,
        tx: Transaction,
        user_id: SubscriberId,
        wish: Deed,
        purposes: Iterable[Purpose],
        source: Source,
        now: datetime,
    ) -> list[Act]:
        """Add the acts that a wish comes to; the subscriber's row is held. What is so already adds none."""
        found = {each.purpose: each for each in await self.standings(tx, user_id, now)}
        deeds = {purpose: deed_of(wish, found[purpose]) for purpose in purposes}
        return await self._add(tx, user_id, deeds, source, now)

    async def ask(
        self,
        tx: Transaction,
        user_id: SubscriberId,
        purposes: Iterable[Purpose],
        source: Source,
        now: datetime,
    ) -> None:
        """Note that the subscriber was asked to renew; the row is held."""
        await self._add(tx, user_id, dict.fromkeys(purposes, Deed.ASKED), source, now)

    async def was_asked(self, db: Executor, user_id: SubscriberId, since: datetime) -> bool:
        """Tell whether the subscriber was asked to renew after a moment."""
        return await store.was_asked(db, user_id, since)

    async def disown(
        self, tx: Transaction, user_id: SubscriberId, visitor: Visitor, now: datetime
    ) -> None:
        """Take back what a stranger allowed for an account whose mailbox is somebody else's."""
        source = Source(channel=MAILBOX_PROOF, language=visitor.language, visitor=visitor)
        await self.change(tx, user_id, Deed.WITHDRAWN, Purpose, source, now)

    async def forget(self, tx: Transaction, user_id: SubscriberId) -> None:
        """Forget what was allowed for a pending account, which is given up: its mailbox is another's."""
        await store.forget(tx, user_id)

    async def end(self, tx: Transaction, user_id: SubscriberId, now: datetime) -> None:
        """Withdraw all for an account that is erased: what is kept of its consents is over."""
        source = Source(channel=ERASURE, language="")
        await self.change(tx, user_id, Deed.WITHDRAWN, Purpose, source, now)

    async def _add(
        self,
        tx: Transaction,
        user_id: SubscriberId,
        deeds: dict[Purpose, Deed | None],
        source: Source,
        now: datetime,
    ) -> list[Act]:
        wanted = [(purpose, deed) for purpose, deed in deeds.items() if deed is not None]
        if not wanted:
            return []
        last = await store.last_number(tx, user_id)
        acts = [
            self._act(number, purpose, deed, source, now)
            for number, (purpose, deed) in enumerate(wanted, start=last + 1)
        ]
        for act in acts:
            await self._write(tx, user_id, act, source, now)
        return acts

    def _act(self, number: int, purpose: Purpose, deed: Deed, source: Source, now: datetime) -> Act:
        return Act(
            number=number,
            purpose=purpose,
            deed=deed,
            text_version=self.texts.version(purpose),
            language=source.language,
            at=now,
            address=source.visitor.address if source.visitor else "",
            channel=source.channel,
        )

    async def _write(
        self, tx: Transaction, user_id: SubscriberId, act: Act, source: Source, now: datetime
    ) -> None:
        await store.add(tx, mint(now, self.chance), user_id, act)
        told = {"purpose": act.purpose.value, "channel": act.channel}
        if source.channel == MAILBOX_PROOF:
            told["by"] = MAILBOX_PROOF
        fact = FACTS[act.deed](user_id=user_id, text_version=act.text_version, **told)
        await self.journal.record(tx, fact, now, source.visitor)
        if act.deed is not Deed.ASKED:
            tx.afterwards(self.metrics.consents.labels(act.deed.value).inc)
