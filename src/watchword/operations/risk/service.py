"""Risk: read the journal, and raise what looks like an attack."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop, heapreplace

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import mint
from watchword.kernel.parts import service
from watchword.operations.risk import store
from watchword.operations.risk.rules import (
    LEASE,
    LEASE_LASTS,
    GuessWatch,
    ResetWatch,
    RiskSettings,
    Role,
    Seen,
    Spacing,
    WatchedFact,
    begin,
    types_of,
)
from watchword.plumbing.db import leases
from watchword.plumbing.db.leases import Lease
from watchword.plumbing.db.ports import Database
from watchword.records.signals.rules import Signal, SignalSettings
from watchword.records.signals.service import Signals


@dataclass(slots=True)
class Looks:
    """When this process last looked at the newest facts."""

    last: datetime | None = None


@service
class Risk:
    """Watches the journal."""

    database: Database
    signals: Signals
    settings: RiskSettings
    receiver: SignalSettings
    looks: Looks
    clock: Clock
    chance: Chance

    async def look(self) -> int:
        """Raise what the newest facts show, unless another worker does so just now; return how many."""
        if not self.receiver.enabled:
            return 0
        now = self.clock.now()
        lease = Lease(LEASE, mint(now, self.chance))
        if not await leases.take(self.database, lease, now, LEASE_LASTS):
            return 0
        try:
            return await self._raise(now)
        finally:
            await leases.give_back(self.database, lease)

    async def evaluate(self, since: datetime) -> list[Seen]:
        """Return what would have been told since a moment, and tell nothing."""
        found = await self._found(since, self.clock.now(), self._spacing({}))
        return [
            Seen(at=each.at, signal=each.type.value, data=self.signals.described(each))
            for each in found
        ]

    async def _raise(self, now: datetime) -> int:
        since, rest = begin(self.looks.last, now), self.settings.rest
        spacing = self._spacing(await self.signals.latest(since - rest))
        found = await self._found(since, now, spacing)
        raised = [await self.signals.raise_(each, rest, now) for each in found]
        self.looks.last = now
        return sum(raised)

    def _spacing(self, latest: Mapping[bytes, datetime]) -> Spacing:
        return Spacing(self.settings.rest, self.signals.key, latest)

    async def _found(self, since: datetime, until: datetime, spacing: Spacing) -> list[Signal]:
        """Return what is to be told of the windows that end between two moments, in their order."""
        watch = GuessWatch(self.settings, since, spacing)
        first = since - watch.reach(self.settings)
        guesses = self._range(types_of(Role.CODE, Role.FAILURE), first, until)
        found = [signal async for each in guesses for signal in watch.see(each)]
        found += await self._unusual_resets(since, until, spacing)
        return sorted(found, key=lambda signal: signal.at)

    async def _unusual_resets(
        self, since: datetime, until: datetime, spacing: Spacing
    ) -> list[Signal]:
        watch = ResetWatch(self.settings, since, spacing)
        first, back = since - self.settings.reset_window, since - self.settings.country_memory
        found: list[Signal] = []
        async for seen in self._range(types_of(Role.RESET), first, until):
            if (whose := watch.wonders(seen)) is not None:
                watch.knew(whose, await store.countries(self.database, whose, back, since))
            found += watch.see(seen)
        return found

    async def _range(
        self, types: Sequence[str], after: datetime, until: datetime
    ) -> AsyncIterator[WatchedFact]:
        """Yield the facts of these types between two moments, in the order in which they happened."""
        each = [self._of_type(which, after, until) for which in types]
        heads = [(number, await anext(facts, None)) for number, facts in enumerate(each)]
        waiting = [(seen.at, seen.id, number, seen) for number, seen in heads if seen is not None]
        heapify(waiting)
        while waiting:
            _, _, number, seen = waiting[0]
            yield seen
            following = await anext(each[number], None)
            if following is None:
                heappop(waiting)
            else:
                heapreplace(waiting, (following.at, following.id, number, following))

    async def _of_type(
        self, which: str, after: datetime, until: datetime
    ) -> AsyncIterator[WatchedFact]:
        """Yield the facts of one type, page by page."""
        seen = store.BEFORE_ALL
        while read := await store.page(self.database, which, after, seen, until):
            for each in read:
                yield each
            after, seen = read[-1].at, read[-1].id
            if len(read) < store.PAGE:
                return
            await asyncio.sleep(0)  # SQLite reads on the event loop: others get their turn
