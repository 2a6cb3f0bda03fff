"""GDPR and retention: find whom it is about, hold, report; let go what was kept long enough."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from watchword.kernel import ids
from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import SubscriberId, mint
from watchword.kernel.parts import service
from watchword.kernel.problems import FieldError, InputInvalid, NotFound
from watchword.operations.gdpr import store
from watchword.operations.gdpr.rules import (
    LEASE,
    Bounds,
    Line,
    Overdue,
    RetentionRan,
    bounds,
    kinds,
)
from watchword.plumbing.contact import email_address
from watchword.plumbing.db import leases
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.leases import Lease
from watchword.plumbing.db.ports import Database
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.ports import Eraser
from watchword.plumbing.settings import RetentionSettings, ServerSettings
from watchword.plumbing.settings.server import DEVELOPMENT, TEST
from watchword.records.consents.service import Consents
from watchword.records.dispatches.rules import FeedbackSettings
from watchword.records.erasures.rules import RETENTION, Erasure, Hold
from watchword.records.erasures.service import Erasures
from watchword.records.exports.rules import ExportSettings
from watchword.records.subscribers.service import Subscribers

TRIED_IN: Final = frozenset({DEVELOPMENT, TEST})
_BATCH: Final = 200
_LASTS: Final = timedelta(minutes=30)
_FIRST: Final = SubscriberId(UUID(int=0))


@service
class Gdpr:
    """What an operator does about one account, and the report on all."""

    database: Database
    subscribers: Subscribers
    erasures: Erasures
    eraser: Eraser
    settings: RetentionSettings
    feedback: FeedbackSettings
    exports: ExportSettings
    clock: Clock

    async def find(self, who: str) -> SubscriberId:
        """Return the account of an id or an address. Problems: `not_found`, `invalid_input`."""
        user_id = ids.parse(who)
        if user_id is not None:
            return (await self.subscribers.get(self.database, SubscriberId(user_id))).id
        found = await self.subscribers.find_by_email(self.database, email_address(who))
        if found is None:
            raise NotFound("There is no account of this address.")
        return found.id

    async def hold(self, user_id: SubscriberId, reason: str) -> bool:
        """Keep an account as it is; false when it is held already."""
        async with self.database.transaction() as tx:
            await self.subscribers.hold(tx, user_id)
            return await self.erasures.hold(tx, user_id, reason, self.clock.now())

    async def release(self, user_id: SubscriberId) -> bool:
        """Keep it no longer; false when it is not held."""
        async with self.database.transaction() as tx:
            return await self.erasures.lift(tx, user_id, self.clock.now())

    async def holds(self) -> list[Hold]:
        """Return every hold, the oldest first."""
        return list(await self.erasures.held(self.database))

    async def tombstones(self) -> AsyncIterator[Erasure]:
        """Yield every erasure that happened."""
        async for erasure in self.erasures.tombstones(self.database):
            yield erasure

    async def replay(self, tombstones: Iterable[Mapping[str, Any]]) -> int:
        """Erase anew whom an older backup brought back; return how many. Problem: `invalid_input`."""
        erased = 0
        for each in tombstones:
            tombstone = _read(each)
            if await self.eraser.repeat(*tombstone):
                erased += 1
            else:
                await self.eraser.remember(*tombstone)
        return erased

    async def report(self) -> list[Line]:
        """Return what kinds of data there are, why, how long, how many."""
        last = await store.last_run(self.database)
        export_hours = self.exports.lifetime // timedelta(hours=1)
        return [
            Line(
                data=each.name,
                purpose=each.purpose,
                basis=each.basis,
                retention=each.retention,
                rows=sum([await store.count(self.database, name) for name in each.tables]),
                last_run=f"{last:%Y-%m-%d %H:%M} UTC" if last else "never",
            )
            for each in kinds(self.settings, self.feedback.stays.days, export_hours)
        ]


@service
class Retention:
    """Lets go what was kept long enough."""

    database: Database
    subscribers: Subscribers
    consents: Consents
    erasures: Erasures
    eraser: Eraser
    journal: Journal
    settings: RetentionSettings
    server: ServerSettings
    metrics: Metrics
    clock: Clock
    chance: Chance

    async def look(self, now: datetime) -> Overdue:
        """Return how much is overdue at a moment; nothing goes."""
        over = bounds(self.settings, now)
        return Overdue(
            accounts=len([each async for each in self._unused(over.accounts)]),
            navigation=await store.count_origins(self.database, over.navigation),
            consents=await store.count_withdrawn(self.database, over.consents),
        )

    async def run(self, now: datetime) -> Overdue | None:
        """Let go what is overdue at a moment; nothing when another process does so just now.

        Where people are, nothing goes before its time. Problem: `invalid_input`.
        """
        if now > self.clock.now() and self.server.environment not in TRIED_IN:
            message = "That moment is to come: what is not overdue yet stays. Try it by --dry-run."
            raise InputInvalid(errors=[FieldError("now", "invalid", message)])
        return await self._alone(bounds(self.settings, now), None)

    async def run_when_due(self) -> Overdue | None:
        """Let go what is overdue, once for each time, whoever comes first."""
        now = self.clock.now()
        return await self._alone(bounds(self.settings, now), self.settings.times.latest(now))

    async def _alone(self, over: Bounds, due: datetime | None) -> Overdue | None:
        """Do it under the lease, which ends by itself should we be killed."""
        now = self.clock.now()
        lease = Lease(LEASE, mint(now, self.chance))
        async with leases.alone(self.database, lease, now, _LASTS, due) as ours:
            if not ours:
                return None
            gone = await self._let_go(over)
        for kind, number in asdict(gone).items():
            self.metrics.cleaned.labels(f"retention_{kind}").inc(number)
        fact = RetentionRan(
            **asdict(gone),
            navigation_before=over.navigation.isoformat(),
            navigation_months=self.settings.navigation,
        )
        await self.journal.note(self.database, fact, self.clock.now())
        return gone

    async def _let_go(self, over: Bounds) -> Overdue:
        accounts = 0
        if over.accounts is not None:
            async for user_id in self._unused(over.accounts):
                accounts += await self.eraser.erase_unused(user_id, over.accounts, RETENTION)
        return Overdue(
            accounts=accounts,
            navigation=await store.forget_origins(self.database, over.navigation),
            consents=await store.purge_withdrawn(self.database, over.consents),
        )

    async def _unused(self, before: datetime | None) -> AsyncIterator[SubscriberId]:
        """Yield the accounts that nobody has used since a moment, but for those that are held."""
        after = _FIRST
        while before and (
            batch := await self.subscribers.idle(self.database, after, before, _BATCH)
        ):
            for user_id in batch:
                if not await self.erasures.is_held(self.database, user_id):
                    yield user_id
            after = batch[-1]


def _read(tombstone: Mapping[str, Any]) -> tuple[UUID, SubscriberId, datetime]:
    try:
        receipt, user_id = UUID(tombstone["receipt"]), UUID(tombstone["user_id"])
        at = datetime.fromisoformat(tombstone["erased_at"])
    except (KeyError, TypeError, ValueError, AttributeError):
        message = "This is no line of `watchword gdpr tombstones export`."
        raise InputInvalid(errors=[FieldError("tombstone", "invalid", message)]) from None
    return receipt, SubscriberId(user_id), at
