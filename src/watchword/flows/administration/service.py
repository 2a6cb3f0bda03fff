"""Administration: one transaction for each act."""

from datetime import datetime
from uuid import UUID

from watchword.flows.administration.rules import (
    FACTS,
    Act,
    Links,
    ListUsers,
    ManagedUser,
    ManagedUsers,
    NewAccount,
    becomes,
    managed,
)
from watchword.kernel.clock import Clock
from watchword.kernel.ids import SessionId, SubscriberId
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import EmailAddress, email_address, mailbox_key, person_name
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Taken, Transaction
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.settings import ServerSettings
from watchword.plumbing.words.languages import GUESSED, Spoken
from watchword.records.erasures.service import Erasures
from watchword.records.guesses.rules import KINDS
from watchword.records.guesses.service import Guesses
from watchword.records.passwords.service import Passwords
from watchword.records.sessions.rules import BY_ADMIN, Session
from watchword.records.sessions.service import Sessions
from watchword.records.subscribers.rules import (
    ACTIVE,
    ADMIN,
    PENDING,
    EmailTaken,
    RoleGiven,
    Subscriber,
    UserRegistered,
    keep_one_admin,
    split_name,
)
from watchword.records.subscribers.service import Subscribers
from watchword.records.tickets.rules import Purpose, Ticket
from watchword.records.tickets.service import Tickets


@service
class Administration:
    """What administrators do. `by` is who: an administrator's id, or `console`."""

    database: Database
    subscribers: Subscribers
    passwords: Passwords
    sessions: Sessions
    tickets: Tickets
    guesses: Guesses
    erasures: Erasures
    journal: Journal
    issuer: Issuer
    server: ServerSettings
    clock: Clock

    async def page(self, query: ListUsers) -> ManagedUsers:
        """Return a page of accounts."""
        found = await self.subscribers.page(
            self.database,
            after=SubscriberId(query.after) if query.after else None,
            size=query.limit + 1,
            part=query.q,
            status=query.status,
        )
        users = [await self._managed(each) for each in found[: query.limit]]
        return ManagedUsers(users=users, next=users[-1].id if len(found) > query.limit else None)

    async def show(self, user_id: SubscriberId) -> ManagedUser:
        """Return an account. Problem: `not_found`."""
        return await self._managed(await self.subscribers.get(self.database, user_id))

    async def find(self, email: EmailAddress) -> ManagedUser | None:
        """Return the account of an address."""
        found = await self.subscribers.find_by_email(self.database, email)
        return await self._managed(found) if found else None

    async def act(
        self, act: Act, user_id: SubscriberId, by: str, visitor: Visitor | None = None
    ) -> ManagedUser:
        """Lock, unlock, disable or enable. Problems: `not_found`, `last_admin`."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            found, status = await self._judge(tx, act, user_id)
            forgiven = act is Act.UNLOCK and await self._forgive(tx, found, now)
            if status != found.status:
                found = await self._put(tx, found, status, by, visitor, now)
            elif not forgiven:
                return await self._managed(found)
            fact = FACTS[act](user_id=user_id, by=by)
            await self.journal.record(tx, fact, now, visitor)
        return await self._managed(found)

    async def foresee(self, act: Act, user_id: SubscriberId) -> str:
        """Return the status that an act would give; nothing changes. Problems: `not_found`, `last_admin`."""
        async with self.database.transaction() as tx:
            _, status = await self._judge(tx, act, user_id)
        return status

    async def give_role(self, user_id: SubscriberId, role: str, by: str) -> ManagedUser:
        """Give an account another role. Problems: `not_found`, `last_admin`."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            admins = await self.subscribers.hold_admins(tx)
            found = await self.subscribers.get(tx, user_id)
            keep_one_admin(admins, found, found.status, role)
            if role != found.role:
                found = await self.subscribers.set_role(tx, user_id, role, now)
                await self.journal.record(tx, RoleGiven(user_id=user_id, by=by, role=role), now)
            await self._close_setup(tx, found, now)
        return await self._managed(found)

    async def end_sessions(
        self, user_id: SubscriberId, by: str, visitor: Visitor | None = None
    ) -> int:
        """End every session of an account; return how many. Problem: `not_found`."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            await self.subscribers.get(tx, user_id)
            ended = await self.sessions.end_all(tx, user_id, BY_ADMIN, visitor, now, by=by)
        return len(ended)

    async def sessions_of(self, user_id: SubscriberId) -> list[Session]:
        """Return the living sessions of an account."""
        return await self.sessions.of_user(self.database, user_id, self.clock.now())

    async def end_session(self, session_id: UUID, by: str) -> bool:
        """End one session, whoever's it is; false when there was none."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            owner = await self.sessions.end_any(tx, SessionId(session_id), BY_ADMIN, by, now)
        return owner is not None

    async def create(self, wanted: NewAccount, by: str) -> tuple[ManagedUser, Links]:
        """Make an account. Problems: `invalid_input`, `email_taken`, `overloaded`."""
        email, name = email_address(wanted.email), person_name(wanted.name, "name")
        stored = None
        if wanted.password is not None:
            self.passwords.screen(Secret(wanted.password), email.text, name)
            stored = await self.passwords.hash(Secret(wanted.password))
        now = self.clock.now()
        try:
            async with self.database.transaction() as tx:
                made = await self._add(tx, wanted, email, name, now)
                if stored is not None:
                    await self.passwords.replace(tx, made.id, stored, now)
                links = await self._links(tx, made, email, now, password=stored is not None)
                await self._close_setup(tx, made, now)
                fact = UserRegistered(user_id=made.id, by=by, role=made.role)
                await self.journal.record(tx, fact, now)
        except Taken as taken:
            raise EmailTaken from taken
        return await self._managed(made), links

    async def _judge(
        self, tx: Transaction, act: Act, user_id: SubscriberId
    ) -> tuple[Subscriber, str]:
        """Return the account, and the status it may be given. Problems: `not_found`, `last_admin`."""
        admins = await self.subscribers.hold_admins(tx)
        found = await self.subscribers.get(tx, user_id)
        status = becomes(act, found, erasing=await self._waits(tx, user_id))
        keep_one_admin(admins, found, status, found.role)
        return found, status

    async def _put(
        self,
        tx: Transaction,
        found: Subscriber,
        status: str,
        by: str,
        visitor: Visitor | None,
        now: datetime,
    ) -> Subscriber:
        """Write the status; of what was issued before, only what undoes an act on the account outlives it."""
        changed = await self.subscribers.set_status(tx, found.id, status, now)
        await self.sessions.end_all(tx, found.id, BY_ADMIN, visitor, now, by=by)
        await self.tickets.void(
            tx,
            found.id,
            now,
            spare=Purpose.EMAIL_CHANGE_UNDO,
            spare_too=Purpose.ERASURE_UNDO,
        )
        await self._close_setup(tx, changed, now)
        return changed

    async def _waits(self, tx: Transaction, user_id: SubscriberId) -> bool:
        """Tell whether an account waits for its erasure, whatever its status."""
        return await self.erasures.waiting(tx, user_id) is not None

    async def _forgive(self, tx: Transaction, found: Subscriber, now: datetime) -> bool:
        """Forgive wrong guesses; true when there were any."""
        forgiven = False
        for kind in KINDS:
            key = self._guess_key(found, kind)
            standing = await self.guesses.standing(tx, key, now)
            await self.guesses.forget(tx, key)
            forgiven |= standing.locked_until is not None or standing.failures > 0
        return forgiven

    async def _close_setup(self, tx: Transaction, subscriber: Subscriber, now: datetime) -> None:
        """Where there is an administrator, the link for the first one is dead."""
        if subscriber.role == ADMIN and subscriber.status == ACTIVE:
            await self.tickets.void_purpose(tx, Purpose.SETUP, now)

    async def _add(
        self, tx: Transaction, wanted: NewAccount, email: EmailAddress, name: str, now: datetime
    ) -> Subscriber:
        given, family = split_name(name)
        return await self.subscribers.add(
            tx,
            email=email,
            given_name=given,
            family_name=family,
            speaks=Spoken(self.server.default_language, GUESSED),
            status=ACTIVE if wanted.verified else PENDING,
            role=wanted.role,
            now=now,
        )

    async def _links(
        self,
        tx: Transaction,
        made: Subscriber,
        email: EmailAddress,
        now: datetime,
        *,
        password: bool,
    ) -> Links:
        """Choosing a password by the link proves the mailbox too, so one link is enough."""
        settings = self.tickets.settings
        if not password:
            purpose, lifetime = Purpose.PASSWORD_RESET, settings.reset_lifetime
        elif made.status == PENDING:
            purpose, lifetime = Purpose.VERIFY_EMAIL, settings.verify_lifetime
        else:
            return Links()
        ticket: Ticket = await self.tickets.issue(
            tx, purpose=purpose, address=email.key, user_id=made.id, lifetime=lifetime, now=now
        )
        if purpose is Purpose.PASSWORD_RESET:
            return Links(password=self.issuer.link("/reset-password", ticket.token))
        return Links(verification=self.issuer.link("/verify-email", ticket.token))

    async def _managed(self, subscriber: Subscriber) -> ManagedUser:
        now = self.clock.now()
        passwords, codes = [
            await self.guesses.standing(self.database, self._guess_key(subscriber, kind), now)
            for kind in KINDS
        ]
        return managed(subscriber, passwords, codes)

    def _guess_key(self, subscriber: Subscriber, kind: str) -> bytes:
        return self.guesses.key(kind, mailbox_key(subscriber.email))
