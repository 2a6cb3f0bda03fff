"""The steps of a PIN reset: begin; finish, by link or by the grant that a code gives."""

from datetime import datetime

from watchword.flows.pin_reset.rules import (
    Asked,
    check_owner,
    code_letter,
    dialled,
    done_letter,
    held_up,
    may_reset,
    way_of,
)
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.ports import Permit, ResetGrants, Stub
from watchword.plumbing.throttle import Throttle
from watchword.plumbing.words.languages import language_of
from watchword.records.deliveries.rules import LetterWithheld
from watchword.records.deliveries.service import Deliveries
from watchword.records.pins.rules import Stored
from watchword.records.pins.service import Pins
from watchword.records.resets.rules import Way, What
from watchword.records.resets.service import Resets
from watchword.records.subscribers.rules import Subscriber, country_of
from watchword.records.subscribers.service import Subscribers
from watchword.records.texts.rules import code_draft
from watchword.records.texts.service import Texts
from watchword.records.tickets.rules import CodeInvalid, Purpose, Ticket
from watchword.records.tickets.service import Tickets

_PURPOSE = Purpose.PIN_RESET


@service
class PinReset:
    """The way to a new PIN; fills the port `PinRecovery`."""

    database: Database
    subscribers: Subscribers
    pins: Pins
    tickets: Tickets
    resets: Resets
    grants: ResetGrants
    deliveries: Deliveries
    texts: Texts
    journal: Journal
    throttle: Throttle
    issuer: Issuer
    clock: Clock

    async def begin(self, asked: Asked, visitor: Visitor) -> None:
        """Send a code to whoever has an account there; three an hour for each address."""
        now, lasts = self.clock.now(), self.tickets.settings.code_lifetime
        verdict = await self.throttle.weigh("letters", f"pin:{asked.address}", "ussd-pin-reset")
        async with self.database.transaction() as tx:
            found = await self.subscribers.find_by_contact(tx, asked.contact)
            user_id = found.id if found else None
            if not verdict.allowed:
                withheld = LetterWithheld(user_id=user_id, asked_for="pin_reset")
                await self.journal.record(tx, withheld, now, visitor)
                return
            blocked = held_up(asked, found, now, self.resets.settings.number_rests)
            way = way_of(asked, found)
            reset_id = await self.resets.ask(tx, way, lasts, visitor, now, blocked)
            owner = found if may_reset(found) and not blocked else None
            ticket = await self.tickets.issue(
                tx,
                purpose=_PURPOSE,
                address=asked.address,
                user_id=owner.id if owner else None,
                lifetime=lasts,
                now=now,
                detail=str(reset_id),
            )
            sent = await self._send(tx, asked, owner, ticket, visitor, now)
            await self.tickets.note_requested(
                tx,
                _PURPOSE,
                user_id,
                visitor,
                now,
                sent=sent,
                channel=asked.channel,
                country=asked.contact.country,
            )

    async def verify(self, asked: Asked, code: Secret, visitor: Visitor) -> Secret:
        """Return a grant for the code. Problems: `code_invalid`, `too_many_attempts`, the account's."""
        now = self.clock.now()
        right = await self.grants.prove(
            What.PIN,
            asked.address,
            code,
            channel=asked.channel,
            country=asked.contact.country,
            visitor=visitor,
            now=now,
        )
        owner = await self._owner(right.ticket, CodeInvalid)
        async with self.database.transaction() as tx:
            held = await self.subscribers.hold(tx, owner.id)
            check_owner(right.ticket, held, CodeInvalid)
            return await self.grants.give(tx, What.PIN, right, owner.id, visitor, now)

    async def confirm(self, grant: Secret, pin: Secret, visitor: Visitor) -> None:
        """Replace the PIN by grant. Problems: the grant's, the account's, the PIN's; `overloaded`."""
        now = self.clock.now()
        await self._choose(await self.grants.by_grant(What.PIN, grant, now), pin, visitor, now)

    async def whose(self, token: Secret) -> str:
        """Return the mailbox a link is for. Problems: `token_invalid|used|expired`, the account's."""
        permit = await self.grants.by_link(What.PIN, token, self.clock.now())
        return (await self._owner(permit.stub, permit.unfit)).email

    async def finish(self, token: Secret, pin: Secret, visitor: Visitor) -> None:
        """Replace the PIN by link. Problems: the link's, the account's, the PIN's; `overloaded`."""
        now = self.clock.now()
        await self._choose(await self.grants.by_link(What.PIN, token, now), pin, visitor, now)

    async def ask_from(self, number: str, visitor: Visitor, *, by_letter: bool) -> None:
        """Send a code to whoever dialled, as a text or to their mailbox."""
        await self.begin(dialled(number, by_letter=by_letter), visitor)

    async def prove_from(self, number: str, code: Secret, visitor: Visitor) -> Secret:
        """Return a grant for the code that whoever dialled has typed. Problems: as `verify`."""
        return await self.verify(dialled(number), code, visitor)

    async def _owner(self, stub: Stub, unfit: type[Problem]) -> Subscriber:
        found = await self.subscribers.find(self.database, stub.user_id) if stub.user_id else None
        return check_owner(stub, found, unfit)

    async def _choose(self, permit: Permit, pin: Secret, visitor: Visitor, now: datetime) -> None:
        """Replace the PIN by whatever permits it, which is spent in the same commit."""
        owner = await self._owner(permit.stub, permit.unfit)
        stored = await self._prepared(pin, owner, now)
        async with self.database.transaction() as tx:
            held = await self.subscribers.hold(tx, owner.id)
            spent = await permit.spend(tx)
            held = check_owner(spent, held, permit.unfit)
            await self._replace(tx, held, spent, stored, visitor, now)

    async def _prepared(self, typed: Secret, owner: Subscriber, now: datetime) -> Stored:
        """Read and screen the PIN to be, and hash it. Problems: the PIN's; `overloaded`."""
        pin = self.pins.read(typed)
        self.pins.screen(pin, now, owner.phone)
        return await self.pins.hash(owner.id, pin)

    async def _replace(
        self,
        tx: Transaction,
        owner: Subscriber,
        stub: Stub,
        stored: Stored,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """The new PIN, and the end of all that was on its way for another one."""
        await self.pins.replace(tx, owner.id, stored, now)
        for purpose in (Purpose.PIN_RESET, Purpose.PIN_GRANT):
            await self.tickets.void_of(tx, owner.id, purpose, now)
        channel = await self.resets.channel(tx, stub.detail)
        way = Way(what=What.PIN, user_id=owner.id, channel=channel, country=country_of(owner))
        await self.resets.complete(tx, way, stub.detail, visitor, now)
        await self.deliveries.queue(tx, done_letter(owner, visitor, now), now)

    async def _send(
        self,
        tx: Transaction,
        asked: Asked,
        owner: Subscriber | None,
        ticket: Ticket,
        visitor: Visitor,
        now: datetime,
    ) -> bool:
        """Send the code to its owner; for nobody, do work alike. Return whether one leaves."""
        lasts = self.tickets.settings.code_lifetime
        if not asked.by_letter:
            number = asked.contact.phone
            if owner is None:
                await self.texts.decline(tx, number, now)
                return False
            draft = code_draft(
                number, ticket.code, lasts, ticket.code_expires_at, language_of(owner, visitor)
            )
            return await self.texts.queue(tx, draft, now, owner.id)
        if owner is None:
            await self.deliveries.pretend(tx, now)
            return False
        link = self.issuer.link("/reset-pin", ticket.token)
        letter = code_letter(owner, link, ticket, lasts, visitor)
        return await self.deliveries.queue(tx, letter, now, owner.id)
