"""Resets: the steps of one in the ledger."""

from datetime import datetime, timedelta
from uuid import UUID

from watchword.kernel.chance import Chance
from watchword.kernel.ids import SubscriberId, mint, parse
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Executor, Transaction
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.resets import store
from watchword.records.resets.rules import (
    BLOCKED,
    COMPLETED,
    REQUESTED,
    VERIFIED,
    ResetSettings,
    Status,
    Way,
    What,
)


@service
class Resets:
    """The ledger."""

    chance: Chance
    settings: ResetSettings
    journal: Journal
    metrics: Metrics

    async def ask(
        self,
        tx: Transaction,
        way: Way,
        lifetime: timedelta,
        visitor: Visitor,
        now: datetime,
        blocked: str | None = None,
    ) -> UUID:
        """Write down that somebody asked, and return the row's id; `blocked`: why it goes no further."""
        reset_id = mint(now, self.chance)
        counter = self.metrics.resets if way.what is What.PASSWORD else self.metrics.pin_resets
        tx.afterwards(counter.labels(way.channel, way.country).inc)
        await store.ask(
            tx,
            id=reset_id,
            user_id=way.user_id,
            kind=way.what.value,
            status=(Status.BLOCKED if blocked else Status.REQUESTED).value,
            channel=way.channel,
            country=way.country,
            reason=blocked,
            created_at=now,
            expires_at=now + lifetime,
            updated_at=now,
        )
        await store.supersede(tx, reset_id, way.user_id, way.what, way.channel, now)
        asked = REQUESTED[way.what](user_id=way.user_id, channel=way.channel, country=way.country)
        await self.journal.record(tx, asked, now, visitor)
        if blocked:
            stopped = BLOCKED[way.what](
                user_id=way.user_id, channel=way.channel, country=way.country, reason=blocked
            )
            await self.journal.record(tx, stopped, now, visitor)
        return reset_id

    async def verify(
        self,
        tx: Transaction,
        what: What,
        user_id: SubscriberId,
        reset: str | None,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """Note that the code was right; `reset` is the row's id, as a ticket has it."""
        until = now + self.settings.grant_lifetime
        row = await store.verify(tx, found, until, now) if (found := parse(reset or "")) else None
        if row is not None:
            fact = VERIFIED[what](user_id=user_id, channel=row.channel, country=row.country)
            await self.journal.record(tx, fact, now, visitor)

    async def channel(self, db: Executor, reset: str | None) -> str:
        """Return by which channel a reset was asked for; empty when the ledger has no such row."""
        row = await store.find(db, found) if (found := parse(reset or "")) else None
        return row.channel if row is not None else ""

    async def complete(
        self,
        tx: Transaction,
        way: Way,
        reset: str | None,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """Note that the new secret holds: one fact, whether or not the row is still there."""
        row = await store.complete(tx, found, now) if (found := parse(reset or "")) else None
        done = row or way
        fact = COMPLETED[way.what](user_id=way.user_id, channel=done.channel, country=done.country)
        await self.journal.record(tx, fact, now, visitor)

    async def block(
        self,
        tx: Transaction,
        what: What,
        user_id: SubscriberId | None,
        reset: str | None,
        why: str,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """Note that this reset goes no further, once."""
        row = await store.block(tx, found, why, now) if (found := parse(reset or "")) else None
        if row is not None:
            fact = BLOCKED[what](
                user_id=user_id, channel=row.channel, country=row.country, reason=why
            )
            await self.journal.record(tx, fact, now, visitor)

    async def expire(self, db: Executor, now: datetime) -> int:
        """Let every row expire whose time is over; return how many."""
        return await store.expire(db, now)

    async def purge(self, db: Database, before: datetime) -> int:
        """Delete rows that were written before a moment; return how many."""
        return await store.purge(db, before)
