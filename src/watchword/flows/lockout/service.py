"""The lock: told of, looked at, taken off."""

from datetime import datetime

from watchword.flows.lockout.rules import lock_fact, lock_letter
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.secret import Secret
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.ports import Account, Exhausted, Stub
from watchword.records.deliveries.service import Deliveries
from watchword.records.guesses.rules import KINDS
from watchword.records.guesses.service import Guesses
from watchword.records.subscribers.rules import ACTIVE, SubscriberUnlocked
from watchword.records.tickets.rules import Purpose
from watchword.records.tickets.service import Tickets


@service
class AccountLockout:
    """Fills the port `Lockout`, and unlocks."""

    database: Database
    guesses: Guesses
    tickets: Tickets
    deliveries: Deliveries
    journal: Journal
    issuer: Issuer
    clock: Clock

    async def lock(
        self,
        tx: Transaction,
        count: Exhausted,
        account: Account | None,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """Note the lock and write to the owner; without one, do work alike."""
        fact = lock_fact(count.kind, account.id if account is not None else None)
        await self.journal.record(tx, fact, now, visitor)
        owner = account if account is not None and account.status == ACTIVE else None
        ticket = await self.tickets.issue(
            tx,
            purpose=Purpose.UNLOCK,
            address=count.address,
            user_id=owner.id if owner is not None else None,
            detail=count.guess.hex(),
            lifetime=self.tickets.settings.reset_lifetime,
            now=now,
        )
        if owner is None:
            await self.deliveries.pretend(tx, now)
            return
        link = self.issuer.link("/unlock", ticket.token)
        await self.deliveries.queue(tx, lock_letter(owner, link, ticket.expires_at), now)

    async def peek(self, token: Secret) -> None:
        """Look at a link; nothing is spent. Problems: `token_invalid|used|expired`."""
        await self.tickets.peek(self.database, Purpose.UNLOCK, token, self.clock.now())

    async def unlock(self, token: Secret, visitor: Visitor) -> None:
        """Take the lock off. Problems: `token_invalid|used|expired`."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            stub = await self.tickets.spend(tx, Purpose.UNLOCK, token, now)
            for key in self._counts(stub, visitor):
                await self.guesses.forget(tx, key)
            await self.journal.record(tx, SubscriberUnlocked(user_id=stub.user_id), now, visitor)

    def _counts(self, stub: Stub, visitor: Visitor) -> set[bytes]:
        """Return whose counts start anew: strangers', the one that locked, and this browser's own."""
        mine = {
            self.guesses.key(kind, stub.address, each)
            for kind in KINDS
            for each in (None, visitor.device)
        }
        return mine | ({bytes.fromhex(stub.detail)} if stub.detail else set())
