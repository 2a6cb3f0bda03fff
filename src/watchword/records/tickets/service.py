"""Tickets: issue them, look at them, spend them once."""

import hmac
from datetime import datetime, timedelta
from typing import Any

from watchword.kernel.chance import Chance
from watchword.kernel.digits import as_sent
from watchword.kernel.ids import SubscriberId, TicketId, mint
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.secret import Peppers, Secret, mint_token, token_version
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Executor, Transaction
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.ports import RightCode, Stub
from watchword.records.tickets import store
from watchword.records.tickets.rules import (
    BLOCKED,
    EXPIRED,
    FAILED,
    SUCCESS,
    CodeInvalid,
    CodeRequested,
    CodeTried,
    Purpose,
    Tally,
    Ticket,
    TicketSettings,
    TokenExpired,
    TokenInvalid,
    TokenUsed,
    malformed,
)

_KIND = "t"
_NEVER = ""


@service
class Tickets:
    """The single-use secrets."""

    chance: Chance
    peppers: Peppers
    settings: TicketSettings
    journal: Journal
    metrics: Metrics

    async def issue(
        self,
        tx: Executor,
        *,
        purpose: Purpose,
        address: str,
        lifetime: timedelta,
        now: datetime,
        user_id: SubscriberId | None = None,
        detail: str | None = None,
    ) -> Ticket:
        """Issue a ticket; the live one of the same purpose and address stops working."""
        token = mint_token(_KIND, self.peppers, self.chance)
        number = self.chance.below(10**self.settings.code_length)
        code = Secret(f"{number:0{self.settings.code_length}d}")
        code_expires_at = now + min(self.settings.code_lifetime, lifetime)
        await store.issue(
            tx,
            id=mint(now, self.chance),
            purpose=purpose.value,
            address_key=address,
            user_id=user_id,
            detail=detail,
            digest=self.peppers.digest(f"ticket:{purpose}", token.reveal()),
            code_digest=self._code_digest(purpose, address, code.reveal(), self.peppers.current),
            pepper_version=self.peppers.current,
            guesses=0,
            created_at=now,
            expires_at=now + lifetime,
            code_expires_at=code_expires_at,
        )
        return Ticket(
            token=token, code=code, expires_at=now + lifetime, code_expires_at=code_expires_at
        )

    async def note_requested(
        self,
        tx: Transaction,
        purpose: Purpose,
        user_id: SubscriberId | None,
        visitor: Visitor,
        now: datetime,
        *,
        sent: bool,
        channel: str,
        country: str,
    ) -> None:
        """Note that somebody asked for a code; it counts as one if it was queued."""
        if sent:
            tx.afterwards(self.metrics.otp_generated.labels(purpose.value, channel).inc)
        fact = CodeRequested(
            user_id=user_id, purpose=purpose.value, channel=channel, country=country
        )
        await self.journal.record(tx, fact, now, visitor)

    async def peek(self, db: Executor, purpose: Purpose, token: Secret, now: datetime) -> Stub:
        """Look at a link's ticket without spending it. Problems: `token_invalid|used|expired`."""
        row = await store.look(db, self._digest(purpose, token), purpose)
        if row is None:
            raise TokenInvalid(purpose)
        if row.spent_at is not None:
            raise TokenUsed(purpose, row.user_id)
        if row.expires_at <= now:
            raise TokenExpired(purpose, row.user_id)
        return _stub(row)

    async def spend(self, tx: Executor, purpose: Purpose, token: Secret, now: datetime) -> Stub:
        """Spend a link's ticket. Problems: `token_invalid|used|expired`."""
        row = await store.spend(tx, self._digest(purpose, token), purpose, now)
        if row is None:
            await self.peek(tx, purpose, token, now)
            raise TokenUsed(purpose, private="lost the race")
        return _stub(row)

    def read(self, typed: Secret) -> Secret:
        """Read a code as it was typed: a slip is no guess. Problem: `invalid_input` naming the code."""
        digits = as_sent(typed.reveal())
        length = self.settings.code_length
        if not (digits.isascii() and digits.isdigit() and len(digits) == length):
            raise malformed(length)
        return Secret(digits)

    async def guess(
        self,
        db: Database,
        purpose: Purpose,
        address: str,
        code: Secret,
        *,
        channel: str,
        country: str,
        visitor: Visitor,
        now: datetime,
    ) -> Stub:
        """Count a guess in its own commit, judge it, note a wrong one; `spend_guessed` spends it then.

        `db` must be the database itself, not an open transaction. Problem: `code_invalid`.
        """
        row = await store.guess(db, purpose, address, self.settings.max_guesses, now)
        version = row.pepper_version if row is not None else self.peppers.current
        mine = self._code_digest(purpose, address, code.reveal(), version)
        theirs = bytes(row.code_digest) if row is not None else bytes(32)
        if not hmac.compare_digest(mine, theirs) or row is None:
            standing = await store.standing(
                db, purpose, address
            )  # also when it was judged: equal work
            result = FAILED if row is not None else self._why(standing, now)
            whose = standing.user_id if standing is not None else None
            tried = CodeTried(
                user_id=whose,
                purpose=purpose.value,
                result=result,
                channel=channel,
                country=country,
            )
            async with db.transaction() as tx:
                await self._note(tx, tried, visitor, now)
            last = row is not None and row.guesses >= self.settings.max_guesses
            raise CodeInvalid(private=result, worn_out=_stub(row) if last else None)
        return _stub(row)

    def _why(self, standing: Any, now: datetime) -> str:
        """Return why a guess was not even judged."""
        if standing is None:
            return FAILED
        if standing.code_expires_at <= now:
            return EXPIRED
        return BLOCKED if standing.guesses >= self.settings.max_guesses else FAILED

    async def spend_guessed(
        self, tx: Transaction, right: RightCode, visitor: Visitor, now: datetime
    ) -> None:
        """Spend and note the code that was right. Problem: `code_invalid` when somebody was faster."""
        if await store.spend_by_id(tx, right.ticket.id, now) is None:
            raise CodeInvalid(private="lost the race")
        tried = CodeTried(
            user_id=right.ticket.user_id,
            purpose=right.purpose,
            result=SUCCESS,
            channel=right.channel,
            country=right.country,
        )
        await self._note(tx, tried, visitor, now)

    async def _note(
        self, tx: Transaction, tried: CodeTried, visitor: Visitor, now: datetime
    ) -> None:
        """Count and note a code that was tried, whichever flow it was for."""
        tx.afterwards(self.metrics.otp_validated.labels(tried.purpose, tried.result).inc)
        await self.journal.record(tx, tried, now, visitor)

    async def void(
        self,
        tx: Executor,
        user_id: SubscriberId,
        now: datetime,
        *,
        spare: Purpose | None = None,
        spare_too: Purpose | None = None,
    ) -> None:
        """Make every live ticket of a subscriber worthless (after a change of credentials)."""
        spared, too = (each.value if each else _NEVER for each in (spare, spare_too))
        await store.void(tx, user_id, spared, too, now)

    async def void_of(
        self, tx: Executor, user_id: SubscriberId, purpose: Purpose, now: datetime
    ) -> None:
        """Make every live ticket of a subscriber for one purpose worthless."""
        await store.void_of(tx, user_id, purpose, now)

    async def void_younger(self, tx: Executor, stub: Stub, purpose: Purpose, now: datetime) -> None:
        """Make a subscriber's live tickets of a purpose worthless, if issued after a given ticket."""
        if stub.user_id is not None:
            await store.void_younger(tx, stub.user_id, purpose, stub.id, now)

    async def void_purpose(self, tx: Executor, purpose: Purpose, now: datetime) -> None:
        """Make every live ticket of a purpose worthless."""
        await store.void_purpose(tx, purpose, now)

    async def live(self, db: Executor, purpose: Purpose, now: datetime) -> int:
        """Return how many tickets of a purpose could still be spent."""
        return await store.live(db, purpose, now)

    async def live_codes(self, db: Executor, now: datetime) -> int:
        """Return how many codes could still be used."""
        return await store.live_codes(db, self.settings.max_guesses, now)

    async def tally(self, db: Executor, now: datetime) -> list[Tally]:
        """Return how the codes stand, by purpose; no code is told."""
        return await store.tally(db, self.settings.max_guesses, now)

    async def purge(self, db: Database, before: datetime) -> int:
        """Delete tickets that expired before a moment; return how many."""
        return await store.purge(db, before)

    def _digest(self, purpose: Purpose, token: Secret) -> bytes:
        version = token_version(_KIND, token.reveal())
        if version is None or version not in self.peppers.keys:
            raise TokenInvalid(purpose)
        return self.peppers.digest(f"ticket:{purpose}", token.reveal(), version=version)

    def _code_digest(self, purpose: Purpose, address: str, code: str, version: int) -> bytes:
        known = version if version in self.peppers.keys else self.peppers.current
        return self.peppers.digest(f"code:{purpose}", "email", address, code, version=known)


def _stub(row: Any) -> Stub:
    return Stub(
        id=TicketId(row.id), user_id=row.user_id, address=row.address_key, detail=row.detail
    )
