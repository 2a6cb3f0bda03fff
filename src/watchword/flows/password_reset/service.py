"""The two steps of a password reset: begin; finish, by link or by code."""

from datetime import datetime

from watchword.flows.password_reset.rules import (
    ResetCompleted,
    ResetRequested,
    check_owner,
    closed_letter,
    may_reset,
    no_account_letter,
    reset_letter,
)
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import EmailAddress, mailbox_key
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.ports import CodeProof, MailboxProof
from watchword.plumbing.throttle import Throttle
from watchword.plumbing.words.dates import moment
from watchword.records.deliveries.rules import Letter, LetterWithheld
from watchword.records.deliveries.service import Deliveries
from watchword.records.guesses.rules import KINDS
from watchword.records.guesses.service import Guesses
from watchword.records.passwords.rules import Stored
from watchword.records.passwords.service import Passwords
from watchword.records.sessions.rules import CREDENTIAL_CHANGED
from watchword.records.sessions.service import Sessions
from watchword.records.subscribers.rules import Subscriber
from watchword.records.subscribers.service import Subscribers
from watchword.records.tickets.rules import (
    CodeInvalid,
    Purpose,
    Ticket,
)
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
    sessions: Sessions
    code_proof: CodeProof
    mailbox_proof: MailboxProof
    deliveries: Deliveries
    journal: Journal
    throttle: Throttle
    issuer: Issuer
    metrics: Metrics
    clock: Clock

    async def begin(self, email: EmailAddress, visitor: Visitor) -> None:
        """Send link and code, or a note that there is none to send; three letters an hour for a mailbox."""
        now = self.clock.now()
        self.metrics.resets.labels("email", "unknown").inc()
        verdict = await self.throttle.weigh("letters", f"reset:{email.key}", "forgot-password")
        async with self.database.transaction() as tx:
            found = await self.subscribers.find_by_email(tx, email)
            user_id = found.id if found else None
            if not verdict.allowed:
                withheld = LetterWithheld(user_id=user_id, letter="password_reset")
                await self.journal.record(tx, withheld, now, visitor)
                return
            ticket = await self.tickets.issue(
                tx,
                purpose=_PURPOSE,
                address=email.key,
                user_id=user_id if may_reset(found) else None,
                lifetime=self.tickets.settings.reset_lifetime,
                now=now,
            )
            letter = self._answer(found, email, ticket, visitor)
            await self.deliveries.queue(tx, letter, now)
            await self.journal.record(tx, ResetRequested(user_id=user_id), now, visitor)
            await self.tickets.note_requested(
                tx, _PURPOSE, user_id, visitor, now, sent=may_reset(found)
            )

    async def whose(self, token: Secret) -> str:
        """Return the address a link is for. Problems: `token_invalid|used|expired`, the account's."""
        return (await self._look(token, self.clock.now())).email

    async def finish(self, token: Secret, password: Secret, visitor: Visitor) -> None:
        """Replace the password by link. Problems: the link's, the account's, the password's; `overloaded`."""
        now = self.clock.now()
        owner = await self._look(token, now)
        self.passwords.screen(password, owner.email, owner.name)
        stored = await self.passwords.hash(password)
        async with self.database.transaction() as tx:
            held = await self.subscribers.hold(tx, owner.id)
            stub = await self.tickets.spend(tx, _PURPOSE, token, now)
            await self._replace(tx, check_owner(stub, held), stored, visitor, now)

    async def finish_by_code(
        self, email: EmailAddress, code: Secret, password: Secret, visitor: Visitor
    ) -> None:
        """Replace the password by code. Problems: `code_invalid`, the account's, the password's.

        The password is looked at first, so that a bad one costs no guess; what is known of the account
        is held against it only once the code was right, else it would tell strangers of the account.
        """
        now = self.clock.now()
        self.passwords.screen(password, email.text)
        await self.throttle.check("auth", visitor.network, "reset-password")
        right = await self.code_proof.prove(_PURPOSE, email.key, code, visitor=visitor, now=now)
        stub = right.ticket
        found = await self.subscribers.find(self.database, stub.user_id) if stub.user_id else None
        owner = check_owner(stub, found, CodeInvalid)
        self.passwords.screen(password, owner.email, owner.name)
        stored = await self.passwords.hash(password)
        async with self.database.transaction() as tx:
            held = await self.subscribers.hold(tx, owner.id)
            await self.code_proof.spend(tx, right, visitor, now)
            await self._replace(tx, check_owner(stub, held, CodeInvalid), stored, visitor, now)

    async def _replace(
        self,
        tx: Transaction,
        owner: Subscriber,
        stored: Stored,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """The new password, and the end of all that the old one opened; the mailbox is proven."""
        await self.mailbox_proof.prove(tx, owner, _PURPOSE, visitor, now)
        await self.passwords.replace(tx, owner.id, stored, now)
        await self.sessions.end_all(tx, owner.id, CREDENTIAL_CHANGED, now)
        await self.tickets.void(tx, owner.id, now, spare=Purpose.EMAIL_CHANGE_UNDO)
        for kind in KINDS:
            await self.guesses.forget(tx, self.guesses.key(kind, mailbox_key(owner.email)))
        await self.journal.record(tx, ResetCompleted(user_id=owner.id), now, visitor)
        await self._confirm(tx, owner, now)

    async def _look(self, token: Secret, now: datetime) -> Subscriber:
        stub = await self.tickets.peek(self.database, _PURPOSE, token, now)
        found = await self.subscribers.find(self.database, stub.user_id) if stub.user_id else None
        return check_owner(stub, found)

    def _answer(
        self, found: Subscriber | None, email: EmailAddress, ticket: Ticket, visitor: Visitor
    ) -> Letter:
        """Write what the mailbox learns: link and code, or why there are none."""
        if found is not None and may_reset(found):
            link = self.issuer.link("/reset-password", ticket.token)
            settings, asked = self.tickets.settings, visitor.asked_language
            return reset_letter(found, link, ticket, settings, asked)
        if found is not None:
            return closed_letter(found, ticket)
        return no_account_letter(
            email.text, visitor.language, f"{self.issuer.pages}/register", ticket
        )

    async def _confirm(self, tx: Transaction, owner: Subscriber, now: datetime) -> None:
        """Tell the owner that the password was reset."""
        facts = {
            "name": owner.given_name,
            "link": f"{self.issuer.pages}/forgot-password",
            "at": moment(now, owner.language),
        }
        letter = Letter(
            template="password_reset/password_reset_done",
            to=owner.email,
            language=owner.language,
            facts=facts,
        )
        await self.deliveries.queue(tx, letter, now)
