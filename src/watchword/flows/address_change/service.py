"""The three steps of a change of address: begin, confirm, undo."""

from datetime import datetime
from typing import Any

from watchword.flows.address_change.rules import (
    UNDO_FOR,
    Change,
    ChangeRequested,
    ChangeUndone,
    change_of,
    confirm_letter,
    holds,
    notice_letter,
    taken_letter,
    undone_letter,
    wrong_password,
)
from watchword.kernel.clock import Clock
from watchword.kernel.facts import OWNER
from watchword.kernel.ids import SessionId
from watchword.kernel.parts import service
from watchword.kernel.ports import Caller, Visitor
from watchword.kernel.problems import Unauthenticated
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import EMAIL, EmailAddress, email_address, mailbox_key
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Taken, Transaction
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.ports import CodeProof, PasswordProof, RightCode, Stub
from watchword.plumbing.throttle import Throttle
from watchword.records.consents.service import Consents
from watchword.records.deliveries.rules import Letter, LetterWithheld
from watchword.records.deliveries.service import Deliveries
from watchword.records.erasures.service import Erasures
from watchword.records.former_addresses.service import FormerAddresses
from watchword.records.guesses.rules import KINDS
from watchword.records.guesses.service import Guesses
from watchword.records.linked_identities.service import LinkedIdentities
from watchword.records.passwords.service import Passwords
from watchword.records.pins.service import Pins
from watchword.records.sessions.rules import CREDENTIAL_CHANGED
from watchword.records.sessions.service import Sessions
from watchword.records.subscribers.rules import (
    ACTIVE,
    ERASING,
    RELEASED,
    EmailTaken,
    EmailVerified,
    Subscriber,
    UserErased,
    UserUpdated,
    refusal,
)
from watchword.records.subscribers.service import Subscribers
from watchword.records.suppressions.service import Suppressions
from watchword.records.tickets.rules import (
    Purpose,
    Ticket,
    TokenInvalid,
)
from watchword.records.tickets.service import Tickets


@service
class AddressChange:
    """Another address for an account."""

    database: Database
    subscribers: Subscribers
    former_addresses: FormerAddresses
    passwords: Passwords
    pins: Pins
    guesses: Guesses
    tickets: Tickets
    identities: LinkedIdentities
    sessions: Sessions
    password_proof: PasswordProof
    code_proof: CodeProof
    suppressions: Suppressions
    consents: Consents
    erasures: Erasures
    deliveries: Deliveries
    journal: Journal
    throttle: Throttle
    issuer: Issuer
    clock: Clock

    async def begin(
        self, caller: Caller, email: EmailAddress, password: Secret | None, visitor: Visitor
    ) -> None:
        """Write to both mailboxes, whoever has the new one. Problems: `rate_limited`, the guess's."""
        now = self.clock.now()
        if password is not None:
            await self._prove(caller, password, visitor, now)
        await self.throttle.check("letters", f"change:{caller.user_id}", "change-email")
        verdict = await self.throttle.weigh("letters", f"change:{email.key}", "change-email")
        async with self.database.transaction() as tx:
            owner = await self._hold_caller(tx, caller)
            found = await self.subscribers.find_by_email(tx, email)
            change = Change(old=owner.email, new=email.text, session=caller.session_id)
            ticket = await self._issue(tx, Purpose.EMAIL_CHANGE, owner, change, now)
            undo = await self._issue(tx, Purpose.EMAIL_CHANGE_UNDO, owner, change, now)
            queued = False
            if verdict.allowed:
                letter = self._to_new_mailbox(owner, found, email, ticket, visitor)
                queued = await self.deliveries.queue(tx, letter, now, owner.id)
            else:
                withheld = LetterWithheld(user_id=owner.id, asked_for="email_change")
                await self.journal.record(tx, withheld, now, visitor)
            await self.deliveries.queue(tx, self._notice(owner, email, undo, visitor), now)
            await self.journal.record(tx, ChangeRequested(user_id=owner.id), now, visitor)
            sent = queued and not holds(found)
            await self.tickets.note_requested(
                tx,
                Purpose.EMAIL_CHANGE,
                owner.id,
                visitor,
                now,
                sent=sent,
                channel=EMAIL,
                country="",
            )

    async def look(self, purpose: Purpose, token: Secret) -> Change:
        """Look at a link; nothing is spent. Problems: `token_invalid|used|expired`."""
        return change_of(await self.tickets.peek(self.database, purpose, token, self.clock.now()))

    async def confirm(self, token: Secret, visitor: Visitor) -> str:
        """Spend the link; return the new address. Problems: the link's, `email_taken`."""
        return await self._twice(self._confirm_by_link, token, visitor)

    async def confirm_by_code(self, caller: Caller, code: Secret, visitor: Visitor) -> str:
        """Spend the code; return the new address. Problems: those of a guess, `email_taken`."""
        purpose, address = Purpose.EMAIL_CHANGE, mailbox_key(caller.email)
        now = self.clock.now()
        right = await self.code_proof.prove(
            purpose,
            address,
            code,
            channel=EMAIL,
            country="",
            owner=caller.user_id,
            visitor=visitor,
            now=now,
        )
        return await self._twice(self._confirm_by_code, right, visitor)

    async def undo(self, token: Secret, visitor: Visitor) -> str:
        """Spend the undo link; return the old address. Problems: the link's, `email_taken`."""
        return await self._twice(self._undo, token, visitor)

    async def _prove(
        self, caller: Caller, password: Secret, visitor: Visitor, now: datetime
    ) -> None:
        """A password that is given must be right. Problems: `invalid_input`, `too_many_attempts`."""
        proven = await self.password_proof.prove(
            mailbox_key(caller.email),
            password,
            owner=caller.user_id,
            door="email_change",
            visitor=visitor,
            now=now,
        )
        if proven is None:
            raise wrong_password()
        await self.guesses.forget(self.database, proven.guess)

    async def _twice(self, step: Any, key: Any, visitor: Visitor) -> str:
        """Try again once: somebody may have begun to register the address in the meantime."""
        for last in (False, True):
            try:
                async with self.database.transaction() as tx:
                    address: str = await step(tx, key, visitor, self.clock.now())
                    return address
            except Taken as taken:
                if last:
                    raise EmailTaken from taken
        raise AssertionError

    async def _confirm_by_link(
        self, tx: Transaction, token: Secret, visitor: Visitor, now: datetime
    ) -> str:
        peeked = await self.tickets.peek(tx, Purpose.EMAIL_CHANGE, token, now)
        owner = await self._hold(tx, peeked)
        stub = await self.tickets.spend(tx, Purpose.EMAIL_CHANGE, token, now)
        return await self._confirm(tx, owner, stub, visitor, now)

    async def _confirm_by_code(
        self, tx: Transaction, right: RightCode, visitor: Visitor, now: datetime
    ) -> str:
        owner = await self._hold(tx, right.ticket)
        await self.code_proof.spend(tx, right, visitor, now)
        return await self._confirm(tx, owner, right.ticket, visitor, now)

    async def _confirm(
        self, tx: Transaction, owner: Subscriber, stub: Stub, visitor: Visitor, now: datetime
    ) -> str:
        """The account moves; what was issued before ends, but for the session that asked."""
        change = change_of(stub)
        if mailbox_key(owner.email) != stub.address:
            raise TokenInvalid(private="the account has another address now")
        refused = refusal(owner.status)
        if refused is not None:
            raise refused
        await self._move(tx, owner, email_address(change.new), visitor, now)
        await self.former_addresses.give_up(tx, owner.id, stub.address, now)
        await self.suppressions.forgive(tx, change.new, now, owner.id)
        spared = SessionId(change.session)
        await self.sessions.end_all(tx, owner.id, CREDENTIAL_CHANGED, visitor, now, spare=spared)
        await self.tickets.void(tx, owner.id, now, spare=Purpose.EMAIL_CHANGE_UNDO)
        return change.new

    async def _undo(self, tx: Transaction, token: Secret, visitor: Visitor, now: datetime) -> str:
        """The old address is back; what the account was opened with is worth nothing any more."""
        peeked = await self.tickets.peek(tx, Purpose.EMAIL_CHANGE_UNDO, token, now)
        owner = await self._hold(tx, peeked)
        stub = await self.tickets.spend(tx, Purpose.EMAIL_CHANGE_UNDO, token, now)
        change = change_of(stub)
        await self.passwords.forget(tx, owner.id)
        await self.identities.forget(tx, owner.id, visitor, now)
        await self.pins.forget(tx, owner.id)
        await self.subscribers.distrust_number(tx, owner, visitor, now)
        if mailbox_key(owner.email) != stub.address:
            await self._move(tx, owner, email_address(change.old), visitor, now)
        await self.sessions.end_all(tx, owner.id, CREDENTIAL_CHANGED, visitor, now)
        await self.tickets.void(tx, owner.id, now, spare=Purpose.EMAIL_CHANGE_UNDO)
        await self.tickets.void_younger(tx, stub, Purpose.EMAIL_CHANGE_UNDO, now)
        for kind in KINDS:
            await self.guesses.forget(tx, self.guesses.key(kind, stub.address))
        await self.journal.record(tx, ChangeUndone(user_id=owner.id), now, visitor)
        await self._keep(tx, owner, visitor, now)
        await self._send_reset(tx, owner, change.old, visitor, now)
        return change.old

    async def _keep(
        self, tx: Transaction, owner: Subscriber, visitor: Visitor, now: datetime
    ) -> None:
        """Undo an erasure that was asked for in the owner's name: its own link went to the other mailbox."""
        waiting = await self.erasures.waiting(tx, owner.id)
        if waiting is not None and waiting.by == OWNER:
            await self.erasures.undo(tx, owner.id, visitor, now)
            if owner.status == ERASING:
                await self.subscribers.set_status(tx, owner.id, ACTIVE, now)

    async def _hold_caller(self, tx: Transaction, caller: Caller) -> Subscriber:
        owner = await self.subscribers.hold(tx, caller.user_id)
        if owner is None:
            raise Unauthenticated(private="the account went in the meantime")
        await self.sessions.demand(tx, caller)
        return owner

    async def _hold(self, tx: Transaction, stub: Stub) -> Subscriber:
        found = await self.subscribers.hold(tx, stub.user_id)
        if found is None:
            raise TokenInvalid(private="ticket of nobody")
        return found

    async def _move(
        self,
        tx: Transaction,
        owner: Subscriber,
        email: EmailAddress,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """Give the account a proven address; who holds it without proof gives it up."""
        for claim in await self.subscribers.claims(tx, email):
            await self.consents.forget(tx, claim)
        for released in await self.subscribers.release(tx, email):
            await self.journal.record(tx, UserErased(user_id=released, by=RELEASED), now, visitor)
        await self.subscribers.readdress(tx, owner.id, email, now)
        await self.journal.record(tx, UserUpdated(user_id=owner.id, fields="email"), now, visitor)
        await self.journal.record(tx, EmailVerified(user_id=owner.id), now, visitor)

    async def _issue(
        self, tx: Transaction, purpose: Purpose, owner: Subscriber, change: Change, now: datetime
    ) -> Ticket:
        """Issue a ticket under the present address: one change is under way for an account."""
        undo = purpose is Purpose.EMAIL_CHANGE_UNDO
        return await self.tickets.issue(
            tx,
            purpose=purpose,
            address=mailbox_key(owner.email),
            user_id=owner.id,
            detail=change.text(),
            lifetime=UNDO_FOR if undo else self.tickets.settings.verify_lifetime,
            now=now,
        )

    def _to_new_mailbox(
        self,
        owner: Subscriber,
        found: Subscriber | None,
        email: EmailAddress,
        ticket: Ticket,
        visitor: Visitor,
    ) -> Letter:
        """Write link and code; or, to the owner of a taken address, that somebody wanted it."""
        if found is not None and holds(found):
            return taken_letter(found, f"{self.issuer.pages}/login", ticket.expires_at)
        link = self.issuer.link("/change-email/confirm", ticket.token)
        return confirm_letter(owner, email.text, link, ticket, self.tickets.settings, visitor)

    def _notice(
        self, owner: Subscriber, email: EmailAddress, undo: Ticket, visitor: Visitor
    ) -> Letter:
        link = self.issuer.link("/change-email/undo", undo.token)
        return notice_letter(owner, email.text, link, undo.expires_at, visitor)

    async def _send_reset(
        self, tx: Transaction, owner: Subscriber, address: str, visitor: Visitor, now: datetime
    ) -> None:
        """Send link and code to choose a new password; the pages behind them are password reset's."""
        settings = self.tickets.settings
        ticket = await self.tickets.issue(
            tx,
            purpose=Purpose.PASSWORD_RESET,
            address=mailbox_key(address),
            user_id=owner.id,
            lifetime=settings.reset_lifetime,
            now=now,
        )
        link = self.issuer.link("/reset-password", ticket.token)
        letter = undone_letter(owner, address, link, ticket, settings, visitor)
        sent = await self.deliveries.queue(tx, letter, now, owner.id)
        purpose = Purpose.PASSWORD_RESET
        await self.tickets.note_requested(
            tx, purpose, owner.id, visitor, now, sent=sent, channel=EMAIL, country=""
        )
