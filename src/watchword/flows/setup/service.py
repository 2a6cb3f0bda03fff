"""Setup: offer the link, look at it, make the first administrator."""

from datetime import datetime

from watchword.flows.setup.rules import (
    LINK_LIFETIME,
    Candidate,
    CreateAdministrator,
    email_taken,
)
from watchword.kernel import assurance
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import FieldError
from watchword.kernel.secret import Secret
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Executor, Taken, Transaction
from watchword.plumbing.faults import Faults
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.ports import Admission, Entrance
from watchword.plumbing.words.languages import learned
from watchword.records.passwords.rules import Stored
from watchword.records.passwords.service import Passwords
from watchword.records.sessions.rules import COOKIE
from watchword.records.subscribers.rules import ACTIVE, ADMIN, Subscriber, UserRegistered
from watchword.records.subscribers.service import Subscribers
from watchword.records.tickets.rules import Purpose, TokenUsed
from watchword.records.tickets.service import Tickets

_NOBODY = ""


@service
class Setup:
    """The way to the first administrator."""

    database: Database
    subscribers: Subscribers
    passwords: Passwords
    tickets: Tickets
    entrance: Entrance
    journal: Journal
    issuer: Issuer
    clock: Clock

    async def offer(self) -> str | None:
        """Return a fresh link when there is no active administrator, else nothing."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            if await self.subscribers.any_admin(tx):
                await self.tickets.void_purpose(tx, Purpose.SETUP, now)
                return None
            ticket = await self.tickets.issue(
                tx, purpose=Purpose.SETUP, address=_NOBODY, lifetime=LINK_LIFETIME, now=now
            )
        return self.issuer.link("/setup", ticket.token)

    async def peek(self, token: Secret) -> None:
        """Look at a link. Problems: `token_invalid|used|expired`."""
        await self.tickets.peek(self.database, Purpose.SETUP, token, self.clock.now())
        await self._refuse_a_second(self.database)

    def password_faults(self, body: CreateAdministrator) -> list[FieldError]:
        """Return what is wrong with the password."""
        faults = Faults()
        about = (body.email, body.first_name, body.last_name)
        faults.read(self.passwords.screen, Secret(body.password), *about)
        return faults.found

    async def create(
        self, token: Secret, candidate: Candidate, visitor: Visitor
    ) -> tuple[Subscriber, Admission]:
        """Make the administrator and sign them in; of two at once one wins.

        Problems: `token_invalid|used|expired`, `invalid_input` when the address has an account.
        """
        await self.peek(token)
        stored = await self.passwords.hash(candidate.password)
        now = self.clock.now()
        try:
            async with self.database.transaction() as tx:
                await self.tickets.spend(tx, Purpose.SETUP, token, now)
                await self._refuse_a_second(tx)
                administrator = await self._add(tx, candidate, stored, visitor, now)
                admission = await self.entrance.admit(
                    tx,
                    administrator,
                    method=assurance.PASSWORD,
                    visitor=visitor,
                    transport=COOKIE,
                    now=now,
                )
        except Taken as taken:
            raise email_taken() from taken
        return administrator, admission

    async def _refuse_a_second(self, db: Executor) -> None:
        """A link outlives its reason when an administrator came by another way."""
        if await self.subscribers.any_admin(db):
            raise TokenUsed(private="there is an administrator")

    async def _add(
        self,
        tx: Transaction,
        candidate: Candidate,
        stored: Stored,
        visitor: Visitor,
        now: datetime,
    ) -> Subscriber:
        administrator = await self.subscribers.add(
            tx,
            email=candidate.email,
            given_name=candidate.given_name,
            family_name=candidate.family_name,
            speaks=learned(heard=visitor.heard_language, country=None, default=visitor.language),
            status=ACTIVE,
            role=ADMIN,
            now=now,
        )
        await self.passwords.replace(tx, administrator.id, stored, now)
        fact = UserRegistered(user_id=administrator.id, by="setup", role=ADMIN)
        await self.journal.record(tx, fact, now, visitor)
        return administrator
