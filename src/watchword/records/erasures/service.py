"""Erasures: ask, undo, note that it happened; and holds."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from watchword.kernel.chance import Chance
from watchword.kernel.ids import SubscriberId, mint
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Executor, Transaction
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.erasures import store
from watchword.records.erasures.rules import (
    Erasure,
    ErasureSettings,
    ErasureUndone,
    Hold,
    HoldLifted,
    HoldPlaced,
    LegalHold,
)

_BATCH: Final = 200
_FIRST: Final = UUID(int=0)


@service
class Erasures:
    """Who is to be erased, who was, and who may not be."""

    settings: ErasureSettings
    journal: Journal
    metrics: Metrics
    chance: Chance

    async def ask(
        self, tx: Transaction, user_id: SubscriberId, by: str, now: datetime
    ) -> tuple[Erasure, bool]:
        """Return what waits for an account, and whether it is new (the subscriber's row is held)."""
        waiting = await store.open_of(tx, user_id)
        if waiting is not None:
            return waiting, False
        erasure = Erasure(
            id=mint(now, self.chance),
            user_id=user_id,
            asked_at=now,
            due_at=now + self.settings.grace,
            by=by,
        )
        await store.add(tx, erasure)
        return erasure, True

    async def waiting(self, db: Executor, user_id: SubscriberId) -> Erasure | None:
        """Return the erasure that waits for an account."""
        return await store.open_of(db, user_id)

    async def undo(
        self, tx: Transaction, user_id: SubscriberId, visitor: Visitor, now: datetime
    ) -> bool:
        """Undo it, and note that; false when none waits."""
        if not await store.undo(tx, user_id, now):
            return False
        await self.journal.record(tx, ErasureUndone(user_id=user_id), now, visitor)
        tx.afterwards(self.metrics.gdpr_requests.labels("erasure_undone").inc)
        return True

    async def due(self, db: Executor, now: datetime) -> list[Erasure]:
        """Return some whose time has come, and which nothing holds up."""
        return await store.due(db, now, _BATCH)

    async def finish(self, tx: Transaction, erasure: Erasure, now: datetime) -> None:
        """Note that it happened."""
        await store.done(tx, erasure.id, now)

    async def bury(self, tx: Transaction, tombstone: Erasure) -> None:
        """Keep a tombstone of elsewhere, in the place of what waits here: it may be the same erasure."""
        if tombstone.erased_at is not None:
            await store.undo(tx, tombstone.user_id, tombstone.erased_at)
        await store.bury(tx, tombstone)

    async def tombstones(self, db: Executor) -> AsyncIterator[Erasure]:
        """Yield every erasure that happened."""
        after = _FIRST
        while batch := await store.tombstones(db, after, _BATCH):
            for erasure in batch:
                yield erasure
            after = batch[-1].id

    async def count(self, db: Executor) -> dict[str, int]:
        """Return how many were asked for, undone, and happened."""
        return await store.count(db)

    async def refuse_held(self, db: Executor, user_id: SubscriberId) -> None:
        """Refuse an account that is held. Problem: `legal_hold`."""
        if await store.is_held(db, user_id):
            raise LegalHold

    async def is_held(self, db: Executor, user_id: SubscriberId) -> bool:
        """Tell whether an account is held."""
        return await store.is_held(db, user_id)

    async def hold(
        self, tx: Transaction, user_id: SubscriberId, reason: str, now: datetime
    ) -> bool:
        """Hold an account; false when it is held already."""
        if not await store.hold(tx, user_id, reason, now):
            return False
        await self.journal.record(tx, HoldPlaced(user_id=user_id), now)
        return True

    async def lift(self, tx: Transaction, user_id: SubscriberId, now: datetime) -> bool:
        """Lift the hold of an account; false when there is none."""
        if not await store.lift(tx, user_id):
            return False
        await self.journal.record(tx, HoldLifted(user_id=user_id), now)
        return True

    async def held(self, db: Executor) -> Sequence[Hold]:
        """Return every hold, the oldest first."""
        return await store.held(db)
