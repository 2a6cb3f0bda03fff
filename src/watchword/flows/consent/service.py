"""Consent: see, give, withdraw, renew, unsubscribe, and ask to renew."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from watchword.flows.consent import store
from watchword.flows.consent.rules import (
    ConsentHistory,
    ConsentList,
    ConsentText,
    ConsentTextList,
    Due,
    entry_of,
    history_of,
    read_unsubscribe_token,
    unsubscribe_token,
)
from watchword.kernel.clock import Clock
from watchword.kernel.ids import SubscriberId
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import Conflict
from watchword.kernel.secret import Peppers, Secret
from watchword.plumbing.contact import email_address
from watchword.plumbing.db.ports import Database, Executor, Transaction
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.words.dates import day_in_words
from watchword.plumbing.words.languages import Words
from watchword.records.consents.rules import (
    CONSOLE,
    LETTER,
    NOTICE,
    Deed,
    Purpose,
    renewal_required,
)
from watchword.records.consents.service import Consents, Source
from watchword.records.deliveries.rules import BULK, Letter
from watchword.records.deliveries.service import Deliveries
from watchword.records.subscribers.rules import ACTIVE, Subscriber
from watchword.records.subscribers.service import Subscribers
from watchword.records.tickets.rules import TokenInvalid

_BATCH: Final = 200
_FIRST: Final = SubscriberId(UUID(int=0))


@service
class Permissions:
    """Fills the port `Permission`."""

    database: Database
    subscribers: Subscribers
    consents: Consents

    async def allows(self, address: str, purpose: str, now: datetime) -> bool:
        """Tell whether whoever has this address allows it; nobody does by silence."""
        person = await self.subscribers.find_by_email(self.database, email_address(address))
        if person is None:
            return False
        found = await self.consents.standings(self.database, person.id, now)
        return any(each.given for each in found if each.purpose == purpose)


@service
class Consenting:
    """A subscriber's say over their data."""

    database: Database
    subscribers: Subscribers
    consents: Consents
    deliveries: Deliveries
    peppers: Peppers
    issuer: Issuer
    words: Words
    clock: Clock

    def texts(self, language: str) -> ConsentTextList:
        """Return today's texts."""
        texts, needed = self.consents.texts, self.consents.settings.required
        told = tuple(
            ConsentText(
                purpose=purpose,
                version=texts.version(purpose),
                required=needed and purpose is Purpose.PROCESSING,
                text=texts.say(purpose, language),
            )
            for purpose in Purpose
        )
        return ConsentTextList(language=language, texts=told)

    async def see(self, user_id: SubscriberId) -> ConsentList:
        """Return what holds."""
        found = await self.consents.standings(self.database, user_id, self.clock.now())
        return ConsentList(
            consent_renewal_required=renewal_required(
                found, needed=self.consents.settings.required
            ),
            consents=tuple(
                entry_of(each, self.consents.texts.version(each.purpose)) for each in found
            ),
        )

    async def history(self, user_id: SubscriberId, before: int, size: int) -> ConsentHistory:
        """Return acts before a number, the newest first."""
        acts = await self.consents.history(self.database, user_id, before, size + 1)
        return history_of(acts, size)

    async def give(
        self, user_id: SubscriberId, purpose: Purpose, source: Source, shown: int | None = None
    ) -> None:
        """Allow a purpose. Problem: `conflict` when another version of the text was shown."""
        if shown not in {None, self.consents.texts.version(purpose)}:
            raise Conflict
        await self._change(user_id, Deed.GRANTED, [purpose], source)

    async def withdraw(self, user_id: SubscriberId, purpose: Purpose, source: Source) -> None:
        """Allow it no longer."""
        await self._change(user_id, Deed.WITHDRAWN, [purpose], source)

    async def renew(
        self, user_id: SubscriberId, purposes: Iterable[Purpose], source: Source
    ) -> None:
        """Renew those of the purposes that are due."""
        await self._change(user_id, Deed.RENEWED, purposes, source)

    def unsubscribe_link(self, user_id: SubscriberId) -> str:
        """Return the link that ends somebody's marketing letters."""
        return self.issuer.link("/unsubscribe", unsubscribe_token(self.peppers, user_id))

    def whose(self, token: Secret) -> SubscriberId:
        """Return whose link it is. Problem: `token_invalid`."""
        user_id = read_unsubscribe_token(self.peppers, token.reveal())
        if user_id is None:
            raise TokenInvalid(private="not our unsubscribe token")
        return user_id

    async def unsubscribe(self, token: Secret, visitor: Visitor) -> None:
        """End marketing letters; once or often is the same. Problem: `token_invalid`."""
        source = Source(channel=LETTER, language=visitor.language, visitor=visitor)
        await self._change(self.whose(token), Deed.WITHDRAWN, [Purpose.MARKETING], source)

    async def due(self) -> AsyncIterator[Due]:
        """Yield everybody whom a renewal waits for and who was not asked within a month."""
        now, after = self.clock.now(), _FIRST
        lasts = self.consents.settings.max_age
        versions = {purpose: self.consents.texts.version(purpose) for purpose in Purpose}
        before = now - lasts + min(NOTICE, lasts / 4)
        while batch := await store.old(self.database, after, before, versions, _BATCH):
            for after in batch:
                person = await self.subscribers.find(self.database, after)
                due = await self._due(self.database, person, now)
                if due is not None:
                    yield due

    async def ask(self, user_id: SubscriberId) -> bool:
        """Write to somebody whom a renewal waits for; false when it no longer does."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            due = await self._due(tx, await self.subscribers.hold(tx, user_id), now)
            if due is None:
                return False
            source = Source(channel=CONSOLE, language=due.language)
            await self.consents.ask(tx, user_id, due.purposes, source, now)
            await self._write(tx, due, now)
        return True

    async def _change(
        self, user_id: SubscriberId, wish: Deed, purposes: Iterable[Purpose], source: Source
    ) -> None:
        now = self.clock.now()
        async with self.database.transaction() as tx:
            if await self.subscribers.hold(tx, user_id) is not None:
                await self.consents.change(tx, user_id, wish, purposes, source, now)

    async def _due(self, db: Executor, person: Subscriber | None, now: datetime) -> Due | None:
        if person is None or person.status != ACTIVE:
            return None
        if await self.consents.was_asked(db, person.id, now - NOTICE):
            return None
        found = await self.consents.standings(db, person.id, now)
        waiting = [(each.purpose, each.ends_at) for each in found if each.renewal_required]
        if not waiting:
            return None
        return Due(
            user_id=person.id,
            email=person.email,
            name=person.given_name,
            language=person.language,
            purposes=tuple(purpose for purpose, _ in waiting),
            ends_at=min(ends_at for _, ends_at in waiting if ends_at is not None),
        )

    async def _write(self, tx: Transaction, due: Due, now: datetime) -> None:
        names = [
            self.words.say(due.language, f"consent.purposes.{purpose}.name")
            for purpose in due.purposes
        ]
        facts = {
            "name": due.name,
            "purpose": f"{self.words.say(due.language, 'consent.comma')} ".join(names),
            "until": day_in_words(due.ends_at, due.language),
            "link": f"{self.issuer.pages}/account/consents",
            "unsubscribe": self.unsubscribe_link(due.user_id),
        }
        letter = Letter(
            template="consent/consent_renewal",
            to=due.email,
            user_id=due.user_id,
            language=due.language,
            facts=facts,
            priority=BULK,
        )
        await self.deliveries.queue(tx, letter, now)
