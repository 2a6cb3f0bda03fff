"""The change of a password."""

from dataclasses import dataclass
from datetime import datetime

from watchword.flows.password_change.rules import (
    AccountLockedOut,
    CurrentPasswordWrong,
    PasswordChanged,
    PasswordChangeDone,
    wrong_password,
)
from watchword.kernel import assurance
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Caller, Visitor
from watchword.kernel.problems import Conflict, Overloaded, Unauthenticated
from watchword.kernel.secret import Secret
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.issuer import Issuer
from watchword.records.deliveries.rules import Letter
from watchword.records.deliveries.service import Deliveries
from watchword.records.guesses.service import Guess, Guesses
from watchword.records.passwords.rules import Stored
from watchword.records.passwords.service import Passwords
from watchword.records.refresh_tokens.service import RefreshTokens
from watchword.records.sessions.rules import CREDENTIAL_CHANGED, REPLACED, TOKEN, device_name
from watchword.records.sessions.service import Opened, Sessions
from watchword.records.signing_keys.rules import Bearer
from watchword.records.signing_keys.service import SigningKeys
from watchword.records.subscribers.service import Subscribers
from watchword.records.tickets.rules import Purpose
from watchword.records.tickets.service import Tickets


@dataclass(frozen=True, slots=True)
class Renewed:
    """The session that continues; `device` is the token of a device that is known anew."""

    answer: PasswordChangeDone
    session: Opened
    device: str


@service
class PasswordChange:
    """Another password, by somebody who knows the present one."""

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
    clock: Clock

    async def since(self, caller: Caller) -> datetime | None:
        """Return since when the password holds, or nothing when there is none."""
        return await self.passwords.set_at(self.database, caller.user_id)

    async def change(
        self, caller: Caller, current: Secret, new: Secret, visitor: Visitor
    ) -> Renewed:
        """Change it. Problems: `invalid_input`, `too_many_attempts`, `conflict`, `overloaded`."""
        now = self.clock.now()
        self.passwords.screen(new, caller.email, caller.name, field="newPassword")
        seen = await self.passwords.find(self.database, caller.user_id)
        guess = await self._enter(caller, seen, visitor, now)
        try:
            right = await self.passwords.verify(current, seen)
            fresh = await self.passwords.hash(new) if right else None
        except Overloaded:
            await self.guesses.excuse(self.database, guess)
            raise
        if seen is None or fresh is None:
            await self._note_failure(caller, guess, visitor, now)
            raise wrong_password()
        async with self.database.transaction() as tx:
            await self._replace(tx, caller, seen, fresh, now)
            await self.guesses.forget(tx, guess.key)
            session = await self.sessions.open(
                tx,
                user_id=caller.user_id,
                methods=[assurance.PASSWORD],
                visitor=visitor,
                transport=caller.transport,
                now=now,
            )
            refresh = await self._refresh_token(tx, session, now)
            await self.journal.record(tx, PasswordChanged(user_id=caller.user_id), now, visitor)
            await self._tell_owner(tx, caller, visitor, now)
        answer = await self._answer(caller, session, refresh, now)
        return Renewed(answer, session, self.guesses.device(_key(caller), fresh.hash))

    async def _enter(
        self, caller: Caller, seen: Stored | None, visitor: Visitor, now: datetime
    ) -> Guess:
        known = self.guesses.knows(visitor.device, _key(caller), seen.hash if seen else None)
        key = self.guesses.key("password", _key(caller), visitor.device if known else None)
        return await self.guesses.enter(self.database, key, now)

    async def _replace(
        self, tx: Transaction, caller: Caller, seen: Stored, fresh: Stored, now: datetime
    ) -> None:
        """The new password, if the old one is still the one that was compared."""
        await self.subscribers.hold(tx, caller.user_id)
        if not await self.passwords.exchange(tx, caller.user_id, seen, fresh, now):
            raise Conflict(private="the password changed in the meantime")
        if not await self.sessions.end(tx, caller.session_id, caller.user_id, REPLACED, now):
            raise Unauthenticated(private="the session ended in the meantime")
        await self.sessions.end_all(tx, caller.user_id, CREDENTIAL_CHANGED, now)
        await self.tickets.void(tx, caller.user_id, now, spare=Purpose.EMAIL_CHANGE_UNDO)

    async def _refresh_token(
        self, tx: Transaction, session: Opened, now: datetime
    ) -> Secret | None:
        if session.transport != TOKEN:
            return None
        lifetime = self.sessions.settings.refresh_lifetime
        return await self.refresh_tokens.issue(tx, session.id, lifetime, now)

    async def _note_failure(
        self, caller: Caller, guess: Guess, visitor: Visitor, now: datetime
    ) -> None:
        """Count the wrong guess, and lock if it was the last one."""
        locked = await self.guesses.failed(self.database, guess, now)
        async with self.database.transaction() as tx:
            wrong = CurrentPasswordWrong(user_id=caller.user_id)
            await self.journal.record(tx, wrong, now, visitor)
            if locked:
                lock = AccountLockedOut(user_id=caller.user_id)
                await self.journal.record(tx, lock, now, visitor)

    async def _tell_owner(
        self, tx: Transaction, caller: Caller, visitor: Visitor, now: datetime
    ) -> None:
        facts = {
            "name": caller.given_name,
            "device": device_name(visitor.user_agent),
            "place": "",
            "at": now.strftime("%Y-%m-%d %H:%M UTC"),
            "link": f"{self.issuer.pages}/forgot-password",
        }
        letter = Letter(
            template="password_change/password_changed",
            to=caller.email,
            language=caller.language,
            facts=facts,
        )
        await self.deliveries.queue(tx, letter, now)

    async def _answer(
        self, caller: Caller, session: Opened, refresh: Secret | None, now: datetime
    ) -> PasswordChangeDone:
        expires_at = session.expires_at.isoformat()
        if refresh is None:
            return PasswordChangeDone(session_id=str(session.id), expires_at=expires_at)
        bearer = Bearer(
            user_id=caller.user_id,
            session_id=session.id,
            role=caller.role,
            methods=session.methods,
            authenticated_at=session.authenticated_at,
        )
        return PasswordChangeDone(
            session_id=str(session.id),
            expires_at=expires_at,
            access_token=await self.signing_keys.access_token(bearer, self.issuer.url, now),
            token_type="Bearer",  # noqa: S106 - RFC 6750's word
            expires_in=int(self.signing_keys.settings.lifetime.total_seconds()),
            refresh_token=refresh.reveal(),
            refresh_expires_in=int(self.sessions.settings.refresh_lifetime.total_seconds()),
        )


def _key(caller: Caller) -> str:
    return caller.email.casefold()
