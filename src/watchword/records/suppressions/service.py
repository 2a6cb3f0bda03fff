"""Suppressions: add addresses, judge letters, take addresses off."""

from datetime import datetime
from uuid import UUID

from watchword.kernel.facts import OWNER
from watchword.kernel.parts import service
from watchword.plumbing.contact import EmailAddress, email_address
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Executor, Transaction
from watchword.records.suppressions import store
from watchword.records.suppressions.rules import (
    OPERATOR,
    TRIAL_EVERY,
    AddressSuppressed,
    Suppression,
    SuppressionLifted,
    SuppressionReason,
    Verdict,
    first,
    judge,
)


@service
class Suppressions:
    """The list of addresses that letters are kept from."""

    journal: Journal

    async def add(
        self,
        tx: Transaction,
        address: EmailAddress,
        reason: SuppressionReason,
        source: str,
        now: datetime,
        user_id: UUID | None = None,
    ) -> bool:
        """Add an address; false when it is there for this reason already."""
        if not await store.add(tx, address, reason, source, now):
            return False
        fact = AddressSuppressed(reason=reason, source=source, user_id=user_id)
        await self.journal.record(tx, fact, now)
        return True

    async def every(self, db: Executor) -> list[Suppression]:
        """Return the whole list, oldest first."""
        return await store.every(db)

    async def reasons(self, db: Executor, address: EmailAddress) -> tuple[SuppressionReason, ...]:
        """Return why an address gets no letters; nothing when it gets them all."""
        return await store.reasons(db, address.key)

    async def withheld(
        self, db: Executor, letter: UUID, to: str, *, asked_for: bool, now: datetime
    ) -> SuppressionReason | None:
        """Return why a letter may not leave, counting it; nothing when it may.

        A letter that may leave as a trial may do so as often as it is tried.
        """
        key = email_address(to).key
        if not await store.listed(db, key):
            return None
        found = await store.reasons(db, key)
        verdict = judge(found, asked_for=asked_for)
        if verdict is Verdict.SEND:
            return None
        if verdict is Verdict.TRIAL and await store.begin_trial(
            db, key, SuppressionReason.BOUNCE, letter, now, now - TRIAL_EVERY
        ):
            return None
        reason = first(found)
        await store.withhold(db, key, reason)
        return reason

    async def forgive(
        self, tx: Transaction, address: str, now: datetime, user_id: UUID | None = None
    ) -> None:
        """Forget that an address bounced: its owner has just shown that letters arrive."""
        if await store.lift(tx, email_address(address).key, SuppressionReason.BOUNCE):
            fact = SuppressionLifted(reason=SuppressionReason.BOUNCE, by=OWNER, user_id=user_id)
            await self.journal.record(tx, fact, now)

    async def remove(
        self, tx: Transaction, address: EmailAddress, now: datetime
    ) -> tuple[SuppressionReason, ...]:
        """Take an address off the list, as an operator; return the reasons it was there for."""
        reasons = await store.remove(tx, address.key)
        for reason in reasons:
            await self.journal.record(tx, SuppressionLifted(reason=reason, by=OPERATOR), now)
        return reasons
