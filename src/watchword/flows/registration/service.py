"""Registration: register, verify, resend."""

from collections.abc import Callable
from datetime import datetime

from watchword.flows.registration.rules import (
    Application,
    Register,
    RegistrationRepeated,
    read_application,
)
from watchword.kernel.clock import Clock
from watchword.kernel.facts import Fact
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import FieldError
from watchword.kernel.secret import Secret
from watchword.kernel.times import hours, minutes
from watchword.plumbing.contact import EMAIL, EmailAddress, PhoneSettings
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Taken, Transaction
from watchword.plumbing.faults import Faults
from watchword.plumbing.flags import Flags
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.ports import Account, CodeProof, MailboxProof, Stub
from watchword.plumbing.throttle import Throttle
from watchword.plumbing.words.languages import Spoken, language_of
from watchword.records.consents.rules import REGISTRATION
from watchword.records.consents.service import Consents, Source
from watchword.records.deliveries.rules import CODE, Letter, LetterWithheld
from watchword.records.deliveries.service import Deliveries
from watchword.records.passwords.rules import Stored
from watchword.records.passwords.service import Passwords
from watchword.records.subscribers.rules import (
    ACTIVE,
    NEW_ACCOUNTS,
    PENDING,
    Subscriber,
    UserRegistered,
)
from watchword.records.subscribers.service import Subscribers
from watchword.records.tickets.rules import (
    Purpose,
    Ticket,
    TokenInvalid,
)
from watchword.records.tickets.service import Tickets


@service
class Registration:
    """The way to an account."""

    database: Database
    subscribers: Subscribers
    passwords: Passwords
    consents: Consents
    tickets: Tickets
    code_proof: CodeProof
    mailbox_proof: MailboxProof
    deliveries: Deliveries
    journal: Journal
    issuer: Issuer
    clock: Clock
    throttle: Throttle
    flags: Flags
    phones: PhoneSettings

    def read(
        self, body: Register, language_for: Callable[[str | None, str | None], Spoken]
    ) -> Application:
        """Read what somebody wants to register. Problem: `invalid_input`, every fault at once."""
        return read_application(
            body,
            language_for,
            self.phones.default_country,
            self.password_faults(body),
            consent_needed=self.consents.settings.required,
        )

    def password_faults(self, body: Register) -> list[FieldError]:
        """Return what is wrong with a password that somebody wants."""
        faults = Faults()
        about = (body.email, body.first_name or "", body.last_name or "", body.name or "")
        faults.read(self.passwords.screen, Secret(body.password), *about)
        return faults.found

    async def register(self, application: Application, visitor: Visitor) -> None:
        """Make an account and send its verification, whoever asked. Problems: `overloaded`, `not_offered`.

        One mailbox gets three letters an hour by this way; what is asked beyond that is answered alike.
        """
        self.flags.demand(NEW_ACCOUNTS, application.email.key)
        stored = await self.passwords.hash(application.password)
        now = self.clock.now()
        key = f"register:{application.email.key}"
        tell = (await self.throttle.weigh("letters", key, "register")).allowed
        try:
            await self._register(application, stored, visitor, now, tell=tell)
        except Taken:  # two at once: the other one made the account
            await self._register(application, stored, visitor, now, tell=tell)

    async def _register(
        self,
        application: Application,
        stored: Stored,
        visitor: Visitor,
        now: datetime,
        *,
        tell: bool,
    ) -> None:
        """Do as many statements for an address that has an account as for a new one."""
        fact: Fact
        async with self.database.transaction() as tx:
            found = await self.subscribers.find_by_email(tx, application.email)
            if found is None:
                found = await self.subscribers.add(
                    tx,
                    email=application.email,
                    given_name=application.given_name,
                    family_name=application.family_name,
                    phone=application.phone,
                    speaks=application.speaks,
                    role=application.role,
                    now=now,
                )
                await self.passwords.replace(tx, found.id, stored, now)
                source = Source(
                    channel=REGISTRATION, language=application.speaks.language, visitor=visitor
                )
                await self.consents.begin(tx, found.id, application.consents, source, now)
                fact = UserRegistered(user_id=found.id, role=found.role)
            else:
                await self.subscribers.contest(tx, found.id, now)  # a pending one; else no row
                await self.passwords.exchange(tx, found.id, stored, stored, now)  # no row, ever
                await self.consents.ignore(tx, found.id, application.consents, visitor, now)
                fact = RegistrationRepeated(user_id=found.id)
            await self.journal.record(tx, fact, now, visitor)
            if tell:
                await self._tell(tx, found, application.email, visitor, now)
            else:
                withheld = LetterWithheld(asked_for="registration")
                await self.journal.record(tx, withheld, now, visitor)

    async def resend(self, email: EmailAddress, visitor: Visitor) -> None:
        """Send the verification once more, if there is anything to verify; three an hour."""
        now = self.clock.now()
        verdict = await self.throttle.weigh("letters", f"verify:{email.key}", "resend-verification")
        if not verdict.allowed:
            fact = LetterWithheld(asked_for="verification")
            await self.journal.note(self.database, fact, now, visitor)
            return
        async with self.database.transaction() as tx:
            found = await self.subscribers.find_by_email(tx, email)
            await self._tell(tx, found, email, visitor, now)

    async def peek(self, token: Secret) -> Stub:
        """Look at a verification link. Problems: `token_invalid|used|expired`."""
        return await self.tickets.peek(self.database, Purpose.VERIFY_EMAIL, token, self.clock.now())

    async def verify(self, token: Secret, visitor: Visitor) -> bool:
        """Spend a verification link; true when the account has a password to sign in with."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            peeked = await self.tickets.peek(tx, Purpose.VERIFY_EMAIL, token, now)
            before = await self.subscribers.hold(tx, peeked.user_id)
            await self.tickets.spend(tx, Purpose.VERIFY_EMAIL, token, now)
            return await self._prove(tx, before, visitor, now)

    async def verify_by_code(self, email: EmailAddress, code: Secret, visitor: Visitor) -> bool:
        """Spend a verification code; true when the account has a password. Problems: those of a guess."""
        now, purpose = self.clock.now(), Purpose.VERIFY_EMAIL
        right = await self.code_proof.prove(
            purpose, email.key, code, channel=EMAIL, country="", visitor=visitor, now=now
        )
        async with self.database.transaction() as tx:
            before = await self.subscribers.hold(tx, right.ticket.user_id)
            await self.code_proof.spend(tx, right, visitor, now)
            return await self._prove(tx, before, visitor, now)

    async def _prove(
        self, tx: Transaction, before: Subscriber | None, visitor: Visitor, now: datetime
    ) -> bool:
        """The mailbox is proven, which opens the account: welcome."""
        if before is None:
            raise TokenInvalid(private="ticket of nobody")
        verified = await self.mailbox_proof.prove(tx, before, Purpose.VERIFY_EMAIL, visitor, now)
        if verified.status != ACTIVE:
            raise TokenInvalid(private=f"account is {before.status}")
        if before.status == PENDING:
            await self._welcome(tx, verified, visitor, now)
        return await self.passwords.find(tx, before.id) is not None

    async def _tell(
        self,
        tx: Transaction,
        found: Subscriber | None,
        email: EmailAddress,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """Tell the mailbox what it may know; a ticket and a letter are written in every case."""
        pending = found is not None and found.status == PENDING
        user_id = found.id if found is not None and pending else None
        ticket = await self.tickets.issue(
            tx,
            purpose=Purpose.VERIFY_EMAIL,
            address=email.key,
            user_id=user_id,
            lifetime=self.tickets.settings.verify_lifetime,
            now=now,
        )
        sent = False
        if found is None:
            await self.deliveries.pretend(tx, now, CODE)
        elif pending:
            sent = await self._send_verification(tx, found, ticket, visitor, now)
        else:
            await self._tell_owner(tx, found, now)
        purpose = Purpose.VERIFY_EMAIL
        await self.tickets.note_requested(
            tx, purpose, user_id, visitor, now, sent=sent, channel=EMAIL, country=""
        )

    async def _send_verification(
        self,
        tx: Transaction,
        subscriber: Subscriber,
        ticket: Ticket,
        visitor: Visitor,
        now: datetime,
    ) -> bool:
        settings = self.tickets.settings
        facts = {
            "link": self.issuer.link("/verify-email", ticket.token),
            "code": ticket.code.reveal(),
            "minutes": minutes(settings.code_lifetime),
            "hours": hours(settings.verify_lifetime),
        }
        letter = Letter(
            template="registration/verification",
            to=subscriber.email,
            user_id=subscriber.id,
            language=language_of(subscriber, visitor),
            facts=facts,
            priority=CODE,
            expires_at=ticket.expires_at,
            code_ends_at=ticket.code_expires_at,
        )
        return await self.deliveries.queue(tx, letter, now, subscriber.id)

    async def _welcome(
        self, tx: Transaction, subscriber: Account, visitor: Visitor, now: datetime
    ) -> None:
        facts = {
            "name": subscriber.given_name,
            "link": f"{self.issuer.pages}/login",
        }
        letter = Letter(
            template="registration/welcome",
            to=subscriber.email,
            user_id=subscriber.id,
            language=language_of(subscriber, visitor),
            facts=facts,
        )
        await self.deliveries.queue(tx, letter, now)

    async def _tell_owner(self, tx: Transaction, subscriber: Subscriber, now: datetime) -> None:
        """Tell the owner that somebody tried to register their address."""
        facts = {
            "name": subscriber.given_name,
            "link": f"{self.issuer.pages}/login",
        }
        letter = Letter(
            template="registration/already_registered",
            to=subscriber.email,
            user_id=subscriber.id,
            language=subscriber.language,
            facts=facts,
        )
        await self.deliveries.queue(tx, letter, now)
