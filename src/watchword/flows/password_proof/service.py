"""The proof of a password: counted, compared, told of."""

from datetime import datetime
from typing import Any

from watchword.flows.password_proof import store
from watchword.kernel.ids import SubscriberId
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import Overloaded
from watchword.kernel.secret import Secret
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database
from watchword.plumbing.ports import Exhausted, Lockout, Proven
from watchword.records.guesses.rules import PASSWORD, Guess
from watchword.records.guesses.service import Guesses
from watchword.records.passwords.rules import Stored
from watchword.records.passwords.service import Passwords
from watchword.records.sessions.rules import LoginFailed


@service
class PasswordProver:
    """Fills the port `PasswordProof`."""

    database: Database
    passwords: Passwords
    guesses: Guesses
    lockout: Lockout
    journal: Journal

    async def prove(
        self,
        address: str,
        password: Secret,
        *,
        owner: SubscriberId | None = None,
        door: str,
        visitor: Visitor,
        now: datetime,
    ) -> Proven | None:
        """Compare a password with the account's; nothing when it is wrong, which counts and is noted."""
        row, guess = await self._count(address, visitor, now)
        if row is not None and owner not in {None, row.id}:
            row = None
        stored = Stored(row.hash, row.pepper_version) if row is not None and row.hash else None
        try:
            right = await self.passwords.verify(password, stored)
        except Overloaded:
            await self.guesses.excuse(self.database, guess.key)
            raise
        if right and stored is not None:
            return Proven(
                account=row,
                new_device=row.new_device,
                hash=stored.hash,
                pepper_version=stored.pepper_version,
                guess=guess.key,
            )
        wrong = LoginFailed(user_id=row.id if row is not None else owner, method=door)
        await self._note_wrong(address, row, guess, wrong, visitor, now)
        return None

    async def _count(self, address: str, visitor: Visitor, now: datetime) -> tuple[Any, Guess]:
        """Count a guess, before it is judged, and find the account; a known device has its own count."""
        key = self.guesses.key(PASSWORD, address)
        if visitor.device is None:
            entry = self.guesses.entry(key, now)
            row, counted = await store.by_email_counted(
                self.database, address, visitor.user_agent, entry
            )
            return row, self.guesses.judge(key, counted, now)
        row = await store.by_email(self.database, address, visitor.user_agent)
        if self.guesses.knows(visitor.device, address, row.hash if row is not None else None):
            key = self.guesses.key(PASSWORD, address, visitor.device)
        return row, await self.guesses.enter(self.database, key, now)

    async def _note_wrong(
        self,
        address: str,
        row: Any,
        guess: Guess,
        wrong: LoginFailed,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """Note the wrong guess; when it was one too many, the account locks."""
        locked = await self.guesses.failed(self.database, guess, now)
        await self.journal.note(self.database, wrong, now, visitor)
        if locked:
            async with self.database.transaction() as tx:
                count = Exhausted(kind=PASSWORD, address=address, guess=guess.key)
                await self.lockout.lock(tx, count, row, visitor, now)
