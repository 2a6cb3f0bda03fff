"""Login: by password; by the code or the link of a letter."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from msgspec.structs import asdict

from watchword.flows.login import store
from watchword.flows.login.rules import (
    BY_LETTER,
    InvalidCredentials,
    SignedIn,
    Welcome,
    code_letter,
    link_path,
    no_code_letter,
)
from watchword.kernel.assurance import EMAIL_CODE, PASSWORD
from watchword.kernel.clock import Clock
from watchword.kernel.ids import SubscriberId
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import Overloaded, Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import EMAIL, Contact, EmailAddress, mailbox_key
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Transaction, Unmet
from watchword.plumbing.flags import Flags
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.ports import (
    Account,
    Admission,
    CodeProof,
    Entrance,
    MailboxProof,
    PasswordProof,
    Proven,
)
from watchword.plumbing.throttle import Throttle
from watchword.plumbing.words.languages import CHOSEN, SEEN
from watchword.records.deliveries.rules import LetterWithheld
from watchword.records.deliveries.service import Deliveries
from watchword.records.guesses.rules import CODE
from watchword.records.guesses.service import Guesses
from watchword.records.passwords.rules import Stored
from watchword.records.passwords.service import Passwords
from watchword.records.sessions.rules import LoginFailed
from watchword.records.subscribers.rules import (
    ACTIVE,
    NEW_ACCOUNTS,
    PENDING,
    Subscriber,
    person_of,
    refusal,
)
from watchword.records.subscribers.service import Subscribers
from watchword.records.tickets.rules import (
    CodeInvalid,
    Purpose,
    TokenInvalid,
)
from watchword.records.tickets.service import Tickets


@service
class Login:
    """The ways in."""

    database: Database
    subscribers: Subscribers
    passwords: Passwords
    guesses: Guesses
    tickets: Tickets
    entrance: Entrance
    password_proof: PasswordProof
    code_proof: CodeProof
    mailbox_proof: MailboxProof
    deliveries: Deliveries
    journal: Journal
    issuer: Issuer
    metrics: Metrics
    throttle: Throttle
    flags: Flags
    clock: Clock

    async def by_password(
        self, contact: Contact, password: Secret, visitor: Visitor, transport: str
    ) -> Welcome:
        """Sign in by password. Problems: `invalid_credentials`, `too_many_attempts`, the account's."""
        try:
            return await self._by_password(contact, password, visitor, transport)
        except (
            Unmet
        ):  # it was changed, or its hash made anew, in the meantime: what holds now tells
            pass
        try:
            return await self._by_password(contact, password, visitor, transport)
        except Unmet as unmet:
            raise InvalidCredentials(private="the password changed in the meantime") from unmet

    async def _by_password(
        self, contact: Contact, password: Secret, visitor: Visitor, transport: str
    ) -> Welcome:
        """Sign in by the password as it was found; `Unmet` when it is not that one any more."""
        now = self.clock.now()
        address = await self._address_of(contact)
        proven = await self.password_proof.prove(
            address, password, door="password", visitor=visitor, now=now
        )
        if proven is None:
            self._count_failure("password", InvalidCredentials.code)
            raise InvalidCredentials
        owner, stored = proven.account, Stored(proven.hash, proven.pepper_version)
        if (refused := refusal(owner.status)) is not None:
            await self._note_refusal(proven, refused, visitor, now)
            raise refused
        fresh = await self._made_anew(password) if self.passwords.outdated(stored) else None
        try:
            async with self.database.transaction() as tx:
                await self._demand(tx, owner.id, stored, fresh, now)
                await self.guesses.forget(tx, proven.guess)
                admission = await self.entrance.admit(
                    tx,
                    owner,
                    method=PASSWORD,
                    visitor=visitor,
                    transport=transport,
                    now=now,
                    new_device=proven.new_device,
                )
        except Unmet:
            await self.guesses.excuse(self.database, proven.guess)
            raise
        device = self.guesses.device(address, (fresh or stored).hash)
        if not proven.new_device:
            await self._hear(owner, visitor)
        return await self._welcome(owner, admission, "password", device)

    async def _made_anew(self, password: Secret) -> Stored | None:
        """Hash anew what is outdated; nothing where too many wait: the next sign-in will."""
        with suppress(Overloaded):
            return await self.passwords.hash(password)
        return None

    async def _address_of(self, contact: Contact) -> str:
        """Return the mailbox's key; for a number, that of whoever has proven it, so that guesses add up."""
        if contact.email is not None:
            return contact.email.key
        found = await self.subscribers.find_by_contact(self.database, contact)
        return mailbox_key(found.email) if found else contact.key

    async def send_code(
        self, email: EmailAddress, visitor: Visitor, purpose: Purpose = Purpose.SIGN_IN
    ) -> None:
        """Send a link and a code; to an address without an account, a note that there is none.

        One mailbox gets as many letters as RATE_LIMIT_OTP says; what is asked beyond that is answered alike.
        Problem: `not_offered`.
        """
        self._demand_letters(purpose, email.key)
        now = self.clock.now()
        verdict = await self.throttle.weigh("otp", f"mailbox:{email.key}", "otp/request")
        async with self.database.transaction() as tx:
            found = await self.subscribers.find_by_email(tx, email)
            if not verdict.allowed:
                whose = found.id if found else None
                withheld = LetterWithheld(user_id=whose, asked_for=purpose.value)
                await self.journal.record(tx, withheld, now, visitor)
                return
            ticket = await self.tickets.issue(
                tx,
                purpose=purpose,
                address=email.key,
                user_id=found.id if found else None,
                lifetime=self.tickets.settings.code_lifetime,
                now=now,
            )
            welcome = found is not None and found.status in {ACTIVE, PENDING}
            if found is not None and welcome:
                link = self.issuer.link(link_path(purpose), ticket.token)
                settings = self.tickets.settings
                letter = code_letter(found, purpose, ticket, link, settings, visitor)
            else:
                open_to_all = self.flags.on(NEW_ACCOUNTS, email.key)
                register = f"{self.issuer.pages}/register" if open_to_all else ""
                letter = no_code_letter(found, email, visitor, register, ticket)
            user_id = found.id if found else None
            queued = await self.deliveries.queue(tx, letter, now, user_id)
            sent = welcome and queued
            await self.tickets.note_requested(
                tx, purpose, user_id, visitor, now, sent=sent, channel=EMAIL, country=""
            )

    async def by_code(
        self,
        email: EmailAddress,
        code: Secret,
        visitor: Visitor,
        transport: str,
        purpose: Purpose = Purpose.SIGN_IN,
    ) -> Welcome:
        """Sign in by a code from the mailbox, which proves the mailbox too.

        Problems: those of a guess, `not_offered`.
        """
        self._demand_letters(purpose, email.key)
        now = self.clock.now()
        try:
            right = await self.code_proof.prove(
                purpose, email.key, code, channel=EMAIL, country="", visitor=visitor, now=now
            )
        except CodeInvalid as wrong:
            self._count_failure("otp", wrong.code)
            raise
        async with self.database.transaction() as tx:
            held = await self.subscribers.hold(tx, right.ticket.user_id)
            await self.code_proof.spend(tx, right, visitor, now)
            if held is None:
                raise CodeInvalid(private="no account")
            owner = await self._proven(tx, held, purpose, visitor, now)
            admission = await self.entrance.admit(
                tx, owner, method=EMAIL_CODE, visitor=visitor, transport=transport, now=now
            )
        await self._hear(owner, visitor)
        return await self._welcome(owner, admission, "otp")

    async def whose(self, token: Secret) -> str:
        """Return whose sign-in link it is; nothing is spent. Problems: `token_invalid|used|expired`."""
        now = self.clock.now()
        stub = await self.tickets.peek(self.database, Purpose.SIGN_IN, token, now)
        owner = await self.subscribers.find(self.database, stub.user_id) if stub.user_id else None
        if owner is None:
            raise TokenInvalid(private="no account")
        return owner.email

    async def by_link(self, token: Secret, visitor: Visitor, transport: str) -> Welcome:
        """Sign in by the link of the same letter. Problems: `token_invalid|used|expired`."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            peeked = await self.tickets.peek(tx, Purpose.SIGN_IN, token, now)
            self._demand_letters(Purpose.SIGN_IN, peeked.address)
            held = await self.subscribers.hold(tx, peeked.user_id)
            await self.tickets.spend(tx, Purpose.SIGN_IN, token, now)
            if held is None:
                raise TokenInvalid(private="no account")
            owner = await self._proven(tx, held, Purpose.SIGN_IN, visitor, now)
            await self.guesses.forget(tx, self.guesses.key(CODE, peeked.address))
            admission = await self.entrance.admit(
                tx, owner, method=EMAIL_CODE, visitor=visitor, transport=transport, now=now
            )
        await self._hear(owner, visitor)
        return await self._welcome(owner, admission, "otp")

    def _demand_letters(self, purpose: Purpose, mailbox: str) -> None:
        """Go on only if somebody may sign in by a letter; to confirm a mailbox is no such thing."""
        if purpose is Purpose.SIGN_IN:
            self.flags.demand(BY_LETTER, mailbox)

    async def _demand(
        self,
        tx: Transaction,
        user_id: SubscriberId,
        stored: Stored,
        fresh: Stored | None,
        now: datetime,
    ) -> None:
        """Have the compared password still hold, else `Unmet`; renew its hash if it is outdated."""
        if fresh is None:
            await store.demand(tx, user_id, stored.hash)
            return
        await self.subscribers.hold(tx, user_id)
        if not await self.passwords.exchange(tx, user_id, stored, fresh, now):
            raise Unmet

    async def _proven(
        self, tx: Transaction, held: Subscriber, purpose: Purpose, visitor: Visitor, now: datetime
    ) -> Account:
        """The mailbox is proven, which opens a pending account. Problems: the account's."""
        owner = await self.mailbox_proof.prove(tx, held, purpose, visitor, now)
        if (refused := refusal(owner.status)) is not None:
            raise refused
        return owner

    async def _hear(self, owner: Account, visitor: Visitor) -> None:
        """Remember the language of somebody who chose none, after the commit: of two at once, both enter.

        A password on a device that is new may be a thief's, who shall not turn the warnings to come.
        """
        heard = visitor.asked_language or visitor.heard_language
        known = (owner.language, owner.language_by)
        if heard and owner.language_by != CHOSEN and known != (heard, SEEN):
            async with self.database.transaction() as tx:
                await self.subscribers.hear(tx, owner.id, heard)

    async def _welcome(
        self, account: Any, admission: Admission, method: str, device: str | None = None
    ) -> Welcome:
        """Count the sign-in and write the answer, after the commit."""
        self.metrics.logins.labels(method, "none").inc()
        answer = SignedIn(
            session_id=str(admission.session_id),
            expires_at=admission.expires_at.isoformat(),
            user=person_of(account),
            **asdict(await self.entrance.tokens(admission)),
        )
        return Welcome(answer, admission, device)

    async def _note_refusal(
        self, proven: Proven, refused: Problem, visitor: Visitor, now: datetime
    ) -> None:
        """The password was right, and the account may not enter: no guess, but a failure."""
        await self.guesses.excuse(self.database, proven.guess)
        self._count_failure("password", refused.code)
        fact = LoginFailed(user_id=proven.account.id, method="password", reason=refused.code)
        await self.journal.note(self.database, fact, now, visitor)

    def _count_failure(self, method: str, reason: str) -> None:
        self.metrics.logins.labels(method, reason).inc()
        self.metrics.logins_failed.labels(method, reason).inc()
