"""The change of a password."""

from datetime import datetime

from msgspec.structs import asdict

from watchword.flows.password_change.rules import (
    PasswordChanged,
    PasswordChangeDone,
    Renewed,
    wrong_password,
)
from watchword.kernel import assurance
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Caller, Visitor
from watchword.kernel.problems import Conflict, Overloaded, Unauthenticated
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import mailbox_key
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.ports import Entrance, PasswordProof, Proven
from watchword.plumbing.words.dates import moment
from watchword.plumbing.words.languages import language_of
from watchword.records.deliveries.rules import Letter
from watchword.records.deliveries.service import Deliveries
from watchword.records.guesses.service import Guesses
from watchword.records.passwords.rules import Stored
from watchword.records.passwords.service import Passwords
from watchword.records.resets.rules import ResetSettings
from watchword.records.sessions.rules import CREDENTIAL_CHANGED, REPLACED, device_name
from watchword.records.sessions.service import Sessions
from watchword.records.subscribers.rules import Subscriber
from watchword.records.subscribers.service import Subscribers
from watchword.records.tickets.rules import Purpose
from watchword.records.tickets.service import Tickets


@service
class PasswordChange:
    """Another password, by somebody who knows the present one."""

    database: Database
    subscribers: Subscribers
    passwords: Passwords
    guesses: Guesses
    tickets: Tickets
    sessions: Sessions
    resets: ResetSettings
    password_proof: PasswordProof
    entrance: Entrance
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
        proven = await self.password_proof.prove(
            _key(caller),
            current,
            owner=caller.user_id,
            door="password_change",
            visitor=visitor,
            now=now,
        )
        if proven is None:
            raise wrong_password()
        fresh = await self._hash(new, proven)
        async with self.database.transaction() as tx:
            seen = Stored(proven.hash, proven.pepper_version)
            owner = await self._replace(tx, caller, seen, fresh, visitor, now)
            await self.guesses.forget(tx, proven.guess)
            await self.journal.record(tx, PasswordChanged(user_id=owner.id), now, visitor)
            admission = await self.entrance.admit(
                tx,
                owner,
                method=assurance.PASSWORD,
                visitor=visitor,
                transport=caller.transport,
                now=now,
            )
            await self._tell_owner(tx, owner, visitor, now)
        answer = PasswordChangeDone(
            session_id=str(admission.session_id),
            expires_at=admission.expires_at.isoformat(),
            **asdict(await self.entrance.tokens(admission)),
        )
        return Renewed(answer, admission, self.guesses.device(_key(caller), fresh.hash))

    async def _hash(self, new: Secret, proven: Proven) -> Stored:
        """Hash the new password; a right guess that came to nothing is taken back. Problem: `overloaded`."""
        try:
            return await self.passwords.hash(new)
        except Overloaded:
            await self.guesses.excuse(self.database, proven.guess)
            raise

    async def _replace(
        self,
        tx: Transaction,
        caller: Caller,
        seen: Stored,
        fresh: Stored,
        visitor: Visitor,
        now: datetime,
    ) -> Subscriber:
        """The new password, if the old one is still the one that was compared; return its owner."""
        owner = await self.subscribers.hold(tx, caller.user_id)
        if owner is None:
            raise Unauthenticated(private="the account went in the meantime")
        if not await self.passwords.exchange(tx, caller.user_id, seen, fresh, now):
            raise Conflict(private="the password changed in the meantime")
        mine = caller.session_id, caller.user_id
        if not await self.sessions.end(tx, *mine, REPLACED, visitor, now):
            raise Unauthenticated(private="the session ended in the meantime")
        await self.sessions.end_all(tx, caller.user_id, CREDENTIAL_CHANGED, visitor, now)
        await self.tickets.void(tx, caller.user_id, now, spare=Purpose.EMAIL_CHANGE_UNDO)
        rests = self.resets.number_rests
        await self.subscribers.distrust_number(tx, owner, visitor, now, younger_than=rests)
        return owner

    async def _tell_owner(
        self, tx: Transaction, owner: Subscriber, visitor: Visitor, now: datetime
    ) -> None:
        language = language_of(owner, visitor)
        facts = {
            "name": owner.given_name,
            "device": device_name(visitor.user_agent),
            "at": moment(now, language),
            "link": f"{self.issuer.pages}/forgot-password",
        }
        letter = Letter(
            template="password_change/password_changed",
            to=owner.email,
            user_id=owner.id,
            language=language,
            facts=facts,
        )
        await self.deliveries.queue(tx, letter, now)


def _key(caller: Caller) -> str:
    return mailbox_key(caller.email)
