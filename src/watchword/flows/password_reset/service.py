"""The steps of a password reset: begin; finish, by link, by code, or by the grant that a code gives."""

from datetime import datetime

from watchword.flows.password_reset.rules import (
    check_owner,
    closed_letter,
    done_letter,
    may_reset,
    no_account_letter,
    reset_letter,
    route_of,
)
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import EMAIL, Contact, EmailAddress, mailbox_key
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.flags import Flags
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.ports import MailboxProof, Permit, ResetGrants, RightCode, Stub
from watchword.plumbing.throttle import Throttle
from watchword.plumbing.words.languages import language_of
from watchword.records.deliveries.rules import Letter, LetterWithheld
from watchword.records.deliveries.service import Deliveries
from watchword.records.guesses.rules import KINDS
from watchword.records.guesses.service import Guesses
from watchword.records.passwords.rules import Stored
from watchword.records.passwords.service import Passwords
from watchword.records.resets.rules import Way, What, hindrance
from watchword.records.resets.service import Resets
from watchword.records.sessions.rules import CREDENTIAL_CHANGED
from watchword.records.sessions.service import Sessions
from watchword.records.subscribers.rules import NEW_ACCOUNTS, Subscriber, country_of
from watchword.records.subscribers.service import Subscribers
from watchword.records.texts.rules import code_draft
from watchword.records.texts.service import Texts
from watchword.records.tickets.rules import CodeInvalid, Purpose, Ticket
from watchword.records.tickets.service import Tickets

_PURPOSE = Purpose.PASSWORD_RESET


@service
class PasswordReset:
    """The way back in."""

    database: Database
    subscribers: Subscribers
    passwords: Passwords
    guesses: Guesses
    tickets: Tickets
    resets: Resets
    sessions: Sessions
    grants: ResetGrants
    mailbox_proof: MailboxProof
    deliveries: Deliveries
    texts: Texts
    journal: Journal
    throttle: Throttle
    issuer: Issuer
    flags: Flags
    clock: Clock

    async def begin(self, contact: Contact, visitor: Visitor) -> None:
        """Send link and code, or a code alone to a telephone; three an hour for each address.

        A mailbox without an account gets a note that there is none; a telephone gets nothing then.
        """
        now = self.clock.now()
        verdict = await self.throttle.weigh("letters", f"reset:{contact.key}", route_of(contact))
        async with self.database.transaction() as tx:
            found = await self.subscribers.find_by_contact(tx, contact)
            user_id = found.id if found else None
            if not verdict.allowed:
                withheld = LetterWithheld(user_id=user_id, asked_for="password_reset")
                await self.journal.record(tx, withheld, now, visitor)
                return
            settings = self.tickets.settings
            lifetime = settings.reset_lifetime if contact.email else settings.code_lifetime
            blocked = None
            if found is not None and contact.phone:
                rests = self.resets.settings.number_rests
                blocked = hindrance(found.phone_verified_at, now, rests)
            way = _way(found, contact.channel, contact.country)
            reset_id = await self.resets.ask(tx, way, lifetime, visitor, now, blocked)
            fit = may_reset(found, contact) and not blocked
            ticket = await self.tickets.issue(
                tx,
                purpose=_PURPOSE,
                address=contact.key,
                user_id=user_id if fit else None,
                lifetime=lifetime,
                now=now,
                detail=str(reset_id),
            )
            if contact.email is not None:
                letter = self._answer(found, contact.email, ticket, visitor)
                queued = await self.deliveries.queue(tx, letter, now, user_id)
                sent = fit and queued
            else:
                sent = await self._text(
                    tx, found if fit else None, contact.phone, ticket, visitor, now
                )
            await self.tickets.note_requested(
                tx,
                _PURPOSE,
                user_id,
                visitor,
                now,
                sent=sent,
                channel=contact.channel,
                country=contact.country,
            )

    async def whose(self, token: Secret) -> str:
        """Return the address a link is for. Problems: `token_invalid|used|expired`, the account's."""
        permit = await self.grants.by_link(What.PASSWORD, token, self.clock.now())
        return (await self._owner(permit.stub, permit.unfit)).email

    async def finish(self, token: Secret, password: Secret, visitor: Visitor) -> None:
        """Replace the password by link. Problems: the link's, the account's, the password's; `overloaded`."""
        now = self.clock.now()
        permit = await self.grants.by_link(What.PASSWORD, token, now)
        await self._choose(permit, password, visitor, now)

    async def finish_by_code(
        self, contact: Contact, code: Secret, password: Secret, visitor: Visitor
    ) -> None:
        """Replace the password by code. Problems: `code_invalid`, the account's, the password's.

        The password is looked at first, so that a bad one costs no guess; what is known of the account
        is held against it only once the code was right, else it would tell strangers of the account.
        """
        now = self.clock.now()
        self.passwords.screen(password, str(contact.email or contact.phone))
        await self.throttle.check("auth", visitor.network, "reset-password")
        right = await self._proven(contact, code, visitor, now)
        await self._choose(self.grants.by_code(right, visitor, now), password, visitor, now)

    async def verify(self, contact: Contact, code: Secret, visitor: Visitor) -> Secret:
        """Return a grant for the code. Problems: `code_invalid`, `too_many_attempts`, the account's."""
        now = self.clock.now()
        right = await self._proven(contact, code, visitor, now)
        owner = await self._owner(right.ticket, CodeInvalid)
        async with self.database.transaction() as tx:
            held = await self.subscribers.hold(tx, owner.id)
            check_owner(right.ticket, held, CodeInvalid)
            return await self.grants.give(tx, What.PASSWORD, right, owner.id, visitor, now)

    async def confirm(self, grant: Secret, password: Secret, visitor: Visitor) -> None:
        """Replace the password by grant. Problems: the grant's, the account's, the password's."""
        now = self.clock.now()
        permit = await self.grants.by_grant(What.PASSWORD, grant, now)
        await self._choose(permit, password, visitor, now)

    async def _proven(
        self, contact: Contact, code: Secret, visitor: Visitor, now: datetime
    ) -> RightCode:
        """Return the right code, not spent."""
        return await self.grants.prove(
            What.PASSWORD,
            contact.key,
            code,
            channel=contact.channel,
            country=contact.country,
            visitor=visitor,
            now=now,
        )

    async def _owner(self, stub: Stub, unfit: type[Problem]) -> Subscriber:
        found = await self.subscribers.find(self.database, stub.user_id) if stub.user_id else None
        return check_owner(stub, found, unfit)

    async def _choose(
        self, permit: Permit, password: Secret, visitor: Visitor, now: datetime
    ) -> None:
        """Replace the password by whatever permits it, which is spent in the same commit."""
        owner = await self._owner(permit.stub, permit.unfit)
        stored = await self._prepared(password, owner)
        async with self.database.transaction() as tx:
            held = await self.subscribers.hold(tx, owner.id)
            spent = await permit.spend(tx)
            held = check_owner(spent, held, permit.unfit)
            channel = permit.channel or await self.resets.channel(tx, spent.detail)
            await self._replace(tx, held, spent, channel, stored, visitor, now)

    async def _prepared(self, password: Secret, owner: Subscriber) -> Stored:
        """Look at the password to be, and hash it. Problems: the password's; `overloaded`."""
        self.passwords.screen(password, owner.email, owner.name, owner.phone or "")
        return await self.passwords.hash(password)

    async def _replace(
        self,
        tx: Transaction,
        owner: Subscriber,
        stub: Stub,
        channel: str,
        stored: Stored,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """The new password, and the end of all that the old one opened; a mailbox that was used is proven."""
        if channel == EMAIL:
            await self.mailbox_proof.prove(tx, owner, _PURPOSE, visitor, now)
            rests = self.resets.settings.number_rests
            await self.subscribers.distrust_number(tx, owner, visitor, now, younger_than=rests)
        await self.passwords.replace(tx, owner.id, stored, now)
        await self.sessions.end_all(tx, owner.id, CREDENTIAL_CHANGED, visitor, now)
        await self.tickets.void(tx, owner.id, now, spare=Purpose.EMAIL_CHANGE_UNDO)
        for kind in KINDS:
            await self.guesses.forget(tx, self.guesses.key(kind, mailbox_key(owner.email)))
        way = _way(owner, channel, country_of(owner))
        await self.resets.complete(tx, way, stub.detail, visitor, now)
        told = done_letter(owner, f"{self.issuer.pages}/forgot-password", visitor, now)
        await self.deliveries.queue(tx, told, now)

    def _answer(
        self, found: Subscriber | None, email: EmailAddress, ticket: Ticket, visitor: Visitor
    ) -> Letter:
        """Write what the mailbox learns: link and code, or why there are none."""
        if found is not None and may_reset(found):
            link = self.issuer.link("/reset-password", ticket.token)
            return reset_letter(found, link, ticket, self.tickets.settings, visitor)
        if found is not None:
            return closed_letter(found, visitor, ticket)
        open_to_all = self.flags.on(NEW_ACCOUNTS, email.key)
        register = f"{self.issuer.pages}/register" if open_to_all else ""
        return no_account_letter(email.text, visitor.language, register, ticket)

    async def _text(
        self,
        tx: Transaction,
        owner: Subscriber | None,
        number: str,
        ticket: Ticket,
        visitor: Visitor,
        now: datetime,
    ) -> bool:
        """Text the code to its owner; for nobody, do work alike. Return whether one leaves."""
        if owner is None:
            await self.texts.decline(tx, number, now)
            return False
        draft = code_draft(
            number,
            ticket.code,
            self.tickets.settings.code_lifetime,
            ticket.code_expires_at,
            language_of(owner, visitor),
        )
        return await self.texts.queue(tx, draft, now, owner.id)


def _way(owner: Subscriber | None, channel: str, country: str) -> Way:
    user_id = owner.id if owner else None
    return Way(
        what=What.PASSWORD, user_id=user_id, channel=channel, country=country or country_of(owner)
    )
