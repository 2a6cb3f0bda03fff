"""The proof of a code: counted, compared, spent."""

from datetime import datetime

from watchword.flows.code_proof import store
from watchword.kernel.ids import SubscriberId
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import mailbox_key
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.ports import Exhausted, Lockout, RightCode
from watchword.records.guesses.rules import CODE
from watchword.records.guesses.service import Guesses
from watchword.records.subscribers.service import Subscribers
from watchword.records.tickets.rules import CodeInvalid, Purpose
from watchword.records.tickets.service import Tickets


@service
class CodeProver:
    """Fills the port `CodeProof`."""

    database: Database
    guesses: Guesses
    tickets: Tickets
    subscribers: Subscribers
    lockout: Lockout

    async def prove(
        self,
        purpose: str,
        address: str,
        code: Secret,
        *,
        channel: str,
        country: str,
        owner: SubscriberId | None = None,
        visitor: Visitor,
        now: datetime,
    ) -> RightCode:
        """Compare a code with the one of an address.

        Problems: `invalid_input` for what is no code, `code_invalid`, `too_many_attempts`, `rate_limited`.
        """
        code = self.tickets.read(code)
        key = await self._key(address, owner, visitor)
        guess = await self.guesses.enter(self.database, key, now)
        try:
            ticket = await self.tickets.guess(
                self.database,
                Purpose(purpose),
                address,
                code,
                channel=channel,
                country=country,
                visitor=visitor,
                now=now,
            )
        except CodeInvalid:
            if await self.guesses.failed(self.database, guess, now):
                await self._lock(address, key, owner, visitor, now)
            raise
        await self.guesses.excuse(self.database, key)
        return RightCode(
            purpose=purpose, ticket=ticket, channel=channel, country=country, guess=key
        )

    async def spend(
        self, tx: Transaction, right: RightCode, visitor: Visitor, now: datetime
    ) -> None:
        """Spend the code and forget the count. Problem: `code_invalid` when somebody was faster."""
        await self.tickets.spend_guessed(tx, right, visitor, now)
        await self.guesses.forget(tx, right.guess)

    async def _lock(
        self,
        address: str,
        key: bytes,
        owner: SubscriberId | None,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """Codes are refused from now on: the account's owner is told; without one, work is done alike."""
        async with self.database.transaction() as tx:
            if owner is None:
                account = await self.subscribers.find_by_key(tx, address)
            else:
                account = await self.subscribers.find(tx, owner)
            told_at = mailbox_key(account.email) if account is not None else address
            count = Exhausted(kind=CODE, address=told_at, guess=key)
            await self.lockout.lock(tx, count, account, visitor, now)

    async def _key(self, address: str, owner: SubscriberId | None, visitor: Visitor) -> bytes:
        """Return what the guess counts under: the owner, a browser that is known, or the address."""
        if owner is not None:
            return self.guesses.key(CODE, f"account:{owner}")
        if visitor.device is None:
            return self.guesses.key(CODE, address)
        stored = await store.hash_of(self.database, address)
        known = self.guesses.knows(visitor.device, address, stored)
        return self.guesses.key(CODE, address, visitor.device if known else None)
