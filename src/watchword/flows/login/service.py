"""Login: by password, by code; and taking a lock off."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchword.flows.login import store
from watchword.flows.login.rules import (
    AccountLockedOut,
    AccountUnlocked,
    CodeSent,
    CodeTried,
    EmailVerified,
    InvalidCredentials,
    LoginFailed,
    SessionCreated,
    SignedIn,
    SignedInUser,
)
from watchword.kernel import assurance
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import Overloaded
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import EmailAddress
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.metrics import Metrics
from watchword.records.deliveries.rules import CODE, Letter
from watchword.records.deliveries.service import Deliveries
from watchword.records.guesses.service import Guess, Guesses
from watchword.records.passwords.rules import Stored
from watchword.records.passwords.service import Passwords
from watchword.records.refresh_tokens.service import RefreshTokens
from watchword.records.sessions.rules import TOKEN, device_name
from watchword.records.sessions.service import Opened, Sessions
from watchword.records.signing_keys.rules import Bearer
from watchword.records.signing_keys.service import SigningKeys
from watchword.records.subscribers.rules import ACTIVE, PENDING, refusal
from watchword.records.subscribers.service import Subscribers
from watchword.records.tickets.rules import CodeInvalid, Purpose
from watchword.records.tickets.service import Tickets

_METHODS = {assurance.PASSWORD: "password", assurance.EMAIL_CODE: "otp"}  # as refusals name them


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who signed in, and their session; `device` is the token of a device now known."""

    answer: SignedIn
    session: Opened
    device: str | None


@service
class Login:
    """The ways in."""

    database: Database
    subscribers: Subscribers
    passwords: Passwords
    guesses: Guesses
    tickets: Tickets
    sessions: Sessions
    refresh_tokens: RefreshTokens
    signing_keys: SigningKeys
    deliveries: Deliveries
    journal: Journal
    issuer: Issuer
    metrics: Metrics
    clock: Clock

    async def by_password(
        self, email: EmailAddress, password: Secret, visitor: Visitor, transport: str
    ) -> Welcome:
        """Sign in by password. Problems: `invalid_credentials`, `too_many_attempts`, the account's."""
        now = self.clock.now()
        row = await store.by_email(self.database, email.key)
        stored = Stored(row.hash, row.pepper_version) if row is not None and row.hash else None
        known = self.guesses.knows(visitor.device, email.key, stored.hash if stored else None)
        guess = await self.guesses.enter(
            self.database,
            self.guesses.key("password", email.key, visitor.device if known else None),
            now,
        )
        try:
            right = await self.passwords.verify(password, stored)
        except Overloaded:
            await self.guesses.excuse(self.database, guess)
            raise
        if not right or row is None or stored is None:
            await self._note_refusal(email, row, guess, visitor, now)
            raise InvalidCredentials
        refused = refusal(row.status)
        if refused is not None:
            await self.guesses.excuse(self.database, guess)
            await self._note_failure(row.id, "password", refused.code, visitor, now)
            raise refused
        fresh = await self.passwords.hash(password) if self.passwords.outdated(stored) else None
        async with self.database.transaction() as tx:
            if not await self._still(tx, row.id, stored, fresh, now):
                raise InvalidCredentials(private="the password changed in the meantime")
            await self.guesses.forget(tx, guess.key)
            welcome = await self._welcome(tx, row, assurance.PASSWORD, visitor, transport, now)
        device = self.guesses.device(email.key, (fresh or stored).hash)
        return Welcome(await self._tokens(welcome, row, now), welcome[0], device)

    async def send_code(
        self, email: EmailAddress, visitor: Visitor, purpose: Purpose = Purpose.SIGN_IN
    ) -> None:
        """Send a code; to an address without an account, a note that there is none."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            subscriber = await self.subscribers.find_by_email(tx, email)
            usable = subscriber is not None and subscriber.status in {ACTIVE, PENDING}
            ticket = await self.tickets.issue(
                tx,
                purpose=purpose,
                address=email.key,
                user_id=subscriber.id if subscriber else None,
                lifetime=self.tickets.settings.code_lifetime,
                now=now,
            )
            facts: dict[str, Any] = {
                "name": subscriber.given_name if subscriber else "",
                "email": email.text,
            }
            if usable:
                minutes = int(self.tickets.settings.code_lifetime.total_seconds()) // 60
                facts |= {"code": ticket.code.reveal(), "minutes": minutes}
            letter = Letter(
                template="login/sign_in_code" if usable else "login/no_account",
                to=email.text,
                language=subscriber.language if subscriber else visitor.language,
                facts=facts,
                priority=CODE,
                expires_at=ticket.code_expires_at,
            )
            await self.deliveries.queue(tx, letter, now)
            fact = CodeSent(user_id=subscriber.id if subscriber else None, purpose=purpose.value)
            await self.journal.record(tx, fact, now, visitor)

    async def by_code(
        self,
        email: EmailAddress,
        code: Secret,
        visitor: Visitor,
        transport: str,
        purpose: Purpose = Purpose.SIGN_IN,
    ) -> Welcome:
        """Sign in by a code from the mailbox, which proves the mailbox too. Problem: `code_invalid`."""
        now = self.clock.now()
        try:
            stub = await self.tickets.guess(self.database, purpose, email.key, code, now)
        except CodeInvalid as wrong:
            await self._note_code(None, purpose, wrong.result, visitor, now)
            raise
        async with self.database.transaction() as tx:
            before = await self.subscribers.hold(tx, stub.user_id)
            await self.tickets.spend_guessed(tx, stub, purpose, now)
            if before is None:
                raise CodeInvalid(private="no account")
            if before.status == PENDING:
                await self._prove(
                    tx, before.id, purpose, contested=before.contested, visitor=visitor, now=now
                )
            elif (refused := refusal(before.status)) is not None:
                raise refused
            await self.journal.record(
                tx,
                CodeTried(user_id=before.id, purpose=purpose.value, result="success"),
                now,
                visitor,
            )
            row = await store.by_email(tx, email.key)
            welcome = await self._welcome(tx, row, assurance.EMAIL_CODE, visitor, transport, now)
        return Welcome(await self._tokens(welcome, row, now), welcome[0], None)

    async def unlock(self, token: Secret, visitor: Visitor) -> None:
        """Take the lock off. Problems: `token_invalid|used|expired`."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            stub = await self.tickets.spend(tx, Purpose.UNLOCK, token, now)
            await self.guesses.forget(tx, self.guesses.key("password", stub.address))
            await self.journal.record(tx, AccountUnlocked(user_id=stub.user_id), now, visitor)

    async def _still(
        self, tx: Transaction, user_id: Any, stored: Stored, fresh: Stored | None, now: datetime
    ) -> bool:
        """Tell whether the password that was compared still holds; renew its hash if it is outdated."""
        if fresh is None:
            return await store.still(tx, user_id, stored.hash)
        await self.subscribers.hold(tx, user_id)
        return await self.passwords.exchange(tx, user_id, stored, fresh, now)

    async def _prove(
        self,
        tx: Transaction,
        user_id: Any,
        purpose: Purpose,
        *,
        contested: bool,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """The mailbox is proven: whatever a stranger may have set on the account goes."""
        if purpose is Purpose.SIGN_IN or contested:
            await self.passwords.forget(tx, user_id)
        await self.subscribers.verify(tx, user_id, now)
        await self.tickets.void(tx, user_id, now)
        await self.journal.record(tx, EmailVerified(user_id=user_id), now, visitor)

    async def _welcome(
        self,
        tx: Transaction,
        row: Any,
        method: str,
        visitor: Visitor,
        transport: str,
        now: datetime,
    ) -> tuple[Opened, Secret | None]:
        """Open the session, with a refresh token for an API client; tell the owner of a new device."""
        new_device = await self.sessions.new_device(tx, row.id, visitor.user_agent)
        session = await self.sessions.open(
            tx, user_id=row.id, methods=[method], visitor=visitor, transport=transport, now=now
        )
        lifetime = self.sessions.settings.refresh_lifetime
        refresh = (
            await self.refresh_tokens.issue(tx, session.id, lifetime, now)
            if transport == TOKEN
            else None
        )
        if new_device:
            await self._tell_of_device(tx, row, visitor, now)
        fact = SessionCreated(user_id=row.id, session_id=session.id, methods=method)
        await self.journal.record(tx, fact, now, visitor)
        self.metrics.logins.labels(_METHODS[method], "none").inc()
        return session, refresh

    async def _tokens(
        self, welcome: tuple[Opened, Secret | None], row: Any, now: datetime
    ) -> SignedIn:
        session, refresh = welcome
        access = None
        if refresh is not None:
            bearer = Bearer(
                user_id=session.user_id,
                session_id=session.id,
                role=row.role,
                methods=session.methods,
                authenticated_at=session.authenticated_at,
            )
            access = await self.signing_keys.access_token(bearer, self.issuer.url, now)
        return SignedIn(
            session_id=str(session.id),
            expires_at=session.expires_at.isoformat(),
            user=_user_of(row),
            access_token=access,
            token_type="Bearer" if access else None,
            expires_in=int(self.signing_keys.settings.lifetime.total_seconds()) if access else None,
            refresh_token=refresh.reveal() if refresh else None,
            refresh_expires_in=(
                int(self.sessions.settings.refresh_lifetime.total_seconds()) if refresh else None
            ),
        )

    async def _note_refusal(
        self, email: EmailAddress, row: Any, guess: Guess, visitor: Visitor, now: datetime
    ) -> None:
        """Count what failed; when it was one too many, lock and tell the owner."""
        user_id = row.id if row is not None else None
        locked = await self.guesses.failed(self.database, guess, now)
        await self._note_failure(user_id, "password", "invalid_credentials", visitor, now)
        if locked:
            async with self.database.transaction() as tx:
                await self.journal.record(tx, AccountLockedOut(user_id=user_id), now, visitor)
                await self._tell_of_lock(tx, email, row, now)

    async def _note_failure(
        self, user_id: Any, method: str, reason: str, visitor: Visitor, now: datetime
    ) -> None:
        self.metrics.logins.labels(method, reason).inc()
        self.metrics.logins_failed.labels(method, reason).inc()
        fact = LoginFailed(user_id=user_id, method=method, reason=reason)
        await self.journal.record(self.database, fact, now, visitor)

    async def _note_code(
        self, user_id: Any, purpose: Purpose, result: str, visitor: Visitor, now: datetime
    ) -> None:
        self.metrics.logins.labels("otp", "code_invalid").inc()
        self.metrics.logins_failed.labels("otp", "code_invalid").inc()
        fact = CodeTried(user_id=user_id, purpose=purpose.value, result=result)
        await self.journal.record(self.database, fact, now, visitor)

    async def _tell_of_lock(
        self, tx: Transaction, email: EmailAddress, row: Any, now: datetime
    ) -> None:
        """Tell the owner, if there is one; for everybody else the work is alike."""
        known = row is not None and row.status == ACTIVE
        ticket = await self.tickets.issue(
            tx,
            purpose=Purpose.UNLOCK,
            address=email.key,
            user_id=row.id if known else None,
            lifetime=self.tickets.settings.reset_lifetime,
            now=now,
        )
        if not known:
            await self.deliveries.pretend(tx, now)
            return
        facts = {
            "name": row.given_name,
            "email": row.email,
            "link": self.issuer.link("/unlock", ticket.token),
        }
        letter = Letter(
            template="login/account_locked",
            to=row.email,
            language=row.language,
            facts=facts,
            expires_at=ticket.expires_at,
        )
        await self.deliveries.queue(tx, letter, now)

    async def _tell_of_device(
        self, tx: Transaction, row: Any, visitor: Visitor, now: datetime
    ) -> None:
        facts = {
            "name": row.given_name,
            "email": row.email,
            "device": device_name(visitor.user_agent),
            "place": "",
            "at": now.strftime("%Y-%m-%d %H:%M UTC"),
        }
        letter = Letter(
            template="login/new_device", to=row.email, language=row.language, facts=facts
        )
        await self.deliveries.queue(tx, letter, now)


def _user_of(row: Any) -> SignedInUser:
    return SignedInUser(
        id=str(row.id),
        email=row.email,
        email_verified=row.email_verified_at is not None,
        first_name=row.given_name,
        last_name=row.family_name,
        name=row.name,
        role=row.role,
        language=row.language,
    )
