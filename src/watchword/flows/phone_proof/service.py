"""The two steps of a phone proof: begin, finish."""

from dataclasses import replace
from datetime import datetime

from watchword.flows.phone_proof.rules import (
    address_of,
    country_of_number,
    proven_letter,
    taken_letter,
)
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Caller, Visitor
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import SMS
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.ports import CodeProof
from watchword.plumbing.words.languages import language_of
from watchword.records.deliveries.service import Deliveries
from watchword.records.resets.rules import ResetSettings
from watchword.records.sessions.service import Sessions
from watchword.records.subscribers.rules import (
    PhoneVerified,
    Subscriber,
    UserUpdated,
)
from watchword.records.subscribers.service import Subscribers
from watchword.records.texts.rules import code_draft
from watchword.records.texts.service import Texts
from watchword.records.tickets.rules import CodeInvalid, Purpose
from watchword.records.tickets.service import Tickets

_PURPOSE = Purpose.VERIFY_PHONE


@service
class PhoneProof:
    """Proves the number of an account."""

    database: Database
    subscribers: Subscribers
    sessions: Sessions
    tickets: Tickets
    code_proof: CodeProof
    texts: Texts
    deliveries: Deliveries
    resets: ResetSettings
    issuer: Issuer
    journal: Journal
    clock: Clock

    async def begin(self, caller: Caller, visitor: Visitor) -> None:
        """Text a code to the account's number. Problem: `phone_missing`."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            owner = await self.subscribers.get(tx, caller.user_id)
            address = address_of(owner)
            ticket = await self.tickets.issue(
                tx,
                purpose=_PURPOSE,
                address=address,
                user_id=owner.id,
                lifetime=self.tickets.settings.code_lifetime,
                now=now,
            )
            draft = code_draft(
                owner.phone or "",
                ticket.code,
                self.tickets.settings.code_lifetime,
                ticket.code_expires_at,
                language_of(owner, visitor),
            )
            sent = await self.texts.queue(tx, draft, now, owner.id)
            await self.tickets.note_requested(
                tx,
                _PURPOSE,
                owner.id,
                visitor,
                now,
                sent=sent,
                channel=SMS,
                country=country_of_number(owner),
            )

    async def finish(self, caller: Caller, code: Secret, visitor: Visitor) -> str:
        """Prove the number by the code; return it. Problems: `phone_missing`, those of a guess."""
        now = self.clock.now()
        owner = await self.subscribers.get(self.database, caller.user_id)
        right = await self.code_proof.prove(
            _PURPOSE,
            address_of(owner),
            code,
            channel=SMS,
            country=country_of_number(owner),
            owner=owner.id,
            visitor=visitor,
            now=now,
        )
        async with self.database.transaction() as tx:
            await self.subscribers.turn_at_number(tx, owner.phone or "")
            held = await self.subscribers.hold(tx, caller.user_id)
            await self.sessions.demand(tx, caller)
            await self.code_proof.spend(tx, right, visitor, now)
            if held is None or held.phone is None or held.phone != owner.phone:
                raise CodeInvalid(private="the number has changed since")
            if held.phone_verified_at is None:
                await self._prove(tx, held, held.phone, visitor, now)
        return held.phone

    async def _prove(
        self, tx: Transaction, owner: Subscriber, number: str, visitor: Visitor, now: datetime
    ) -> None:
        """The number is this account's and no other's; every mailbox that it concerns is told."""
        await self.subscribers.change(tx, replace(owner, phone_verified_at=now), owner.version, now)
        await self.journal.record(tx, PhoneVerified(user_id=owner.id), now, visitor)
        link = f"{self.issuer.pages}/forgot-password"
        told = proven_letter(owner, number, link, now + self.resets.number_rests, visitor)
        await self.deliveries.queue(tx, told, now)
        for earlier in await self.subscribers.take_number(tx, owner.id, number, now):
            lost = UserUpdated(user_id=earlier.id, fields="phone_verified")
            await self.journal.record(tx, lost, now)
            letter = taken_letter(earlier, number, f"{self.issuer.pages}/account/phone")
            await self.deliveries.queue(tx, letter, now)
