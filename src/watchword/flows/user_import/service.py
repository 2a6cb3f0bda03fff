"""The import of users: a transaction for each line, so that one that is refused holds up no other."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable

from watchword.flows.user_import.rules import (
    KNOWN,
    REFUSED,
    TAKEN,
    Newcomer,
    Numbered,
    Told,
    UsersImported,
    known,
    read_line,
    refused,
)
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.plumbing.contact import PhoneSettings
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Taken
from watchword.plumbing.settings import ServerSettings
from watchword.records.passwords.service import Passwords
from watchword.records.subscribers.rules import ACTIVE, PENDING, UserRegistered
from watchword.records.subscribers.service import Subscribers


@service
class UserImport:
    """Takes users of another system. `by` is who does it: an administrator's id, or `console`."""

    database: Database
    subscribers: Subscribers
    passwords: Passwords
    journal: Journal
    phones: PhoneSettings
    server: ServerSettings
    clock: Clock

    async def take(
        self, lines: Iterable[Numbered], by: str, visitor: Visitor | None = None, *, dry_run: bool
    ) -> AsyncIterator[Told]:
        """Go through the lines, and tell what became of each as it does."""
        seen: set[str] = set()
        outcomes: Counter[str] = Counter()
        complete, whole = False, True
        try:
            for each in lines:
                told = await self._one(each, by, visitor, seen, dry_run=dry_run)
                outcomes[told.outcome] += 1
                whole = told.complete
                yield told
            complete = whole
        finally:
            if not dry_run:
                await self._note(outcomes, by, visitor, complete=complete)

    async def _note(
        self, outcomes: Counter[str], by: str, visitor: Visitor | None, *, complete: bool
    ) -> None:
        """Write what became of a file, also of one that was broken off."""
        fact = UsersImported(
            by=by,
            complete=complete,
            taken=outcomes[TAKEN],
            known=outcomes[KNOWN],
            refused=outcomes[REFUSED],
        )
        await self.journal.note(self.database, fact, self.clock.now(), visitor)

    async def _one(
        self, each: Numbered, by: str, visitor: Visitor | None, seen: set[str], *, dry_run: bool
    ) -> Told:
        if each.line is None:
            return refused(each.number, each.faults)
        try:
            newcomer = read_line(
                each.line,
                self.passwords.adopt,
                country=self.phones.default_country,
                language=self.server.default_language,
            )
        except InputInvalid as problem:
            return refused(each.number, problem.errors)
        try:
            return await self._judged(each.number, newcomer, by, visitor, seen, dry_run=dry_run)
        except Taken:  # somebody registered it a moment ago
            return known(each.number)

    async def _judged(
        self,
        number: int,
        newcomer: Newcomer,
        by: str,
        visitor: Visitor | None,
        seen: set[str],
        *,
        dry_run: bool,
    ) -> Told:
        """Tell what becomes of somebody; `Taken` when the address has an account by now."""
        if newcomer.email.key in seen:
            told = FieldError("email", "repeated_line", "An earlier line has this address.")
            return refused(number, [told])
        seen.add(newcomer.email.key)
        if await self.subscribers.find_by_email(self.database, newcomer.email) is not None:
            return known(number)
        made = None if dry_run else await self._add(newcomer, by, visitor)
        return Told(line=number, outcome=TAKEN, id=made)

    async def _add(self, newcomer: Newcomer, by: str, visitor: Visitor | None) -> str:
        """Make the account; return its id. `Taken` when the address has one by now."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            made = await self.subscribers.add(
                tx,
                email=newcomer.email,
                given_name=newcomer.given_name,
                family_name=newcomer.family_name,
                phone=newcomer.phone,
                speaks=newcomer.speaks,
                status=ACTIVE if newcomer.verified else PENDING,
                role=newcomer.role,
                now=now,
            )
            if newcomer.stored is not None:
                await self.passwords.replace(tx, made.id, newcomer.stored, now)
            fact = UserRegistered(user_id=made.id, by=by, role=made.role)
            await self.journal.record(tx, fact, now, visitor)
        return str(made.id)
