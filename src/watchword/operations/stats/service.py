"""Statistics: counted when asked for."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.operations.stats import store
from watchword.operations.stats.rules import compared
from watchword.plumbing.db import queued
from watchword.plumbing.db.ports import Database
from watchword.records.deliveries.rules import KIND as LETTERS
from watchword.records.sessions.service import Sessions
from watchword.records.subscribers.rules import STATUSES
from watchword.records.subscribers.service import Subscribers
from watchword.records.texts.rules import KIND as TEXTS
from watchword.records.tickets.rules import Purpose, Tally
from watchword.records.tickets.service import Tickets


@service
class Statistics:
    """Counts."""

    database: Database
    subscribers: Subscribers
    sessions: Sessions
    tickets: Tickets
    clock: Clock

    async def count(self) -> dict[str, Any]:
        """Return every count by name."""
        now = self.clock.now()
        accounts = await self.subscribers.count(self.database)
        tally = {each.purpose: each.active for each in await self.codes()}
        codes = {purpose.value: tally.get(purpose.value, 0) for purpose in Purpose}
        return {
            "accounts": {status: accounts.get(status, 0) for status in STATUSES},
            "sessions": await self.sessions.active(self.database, now),
            "codes": codes,
            "letters_waiting": await queued.depth(self.database, LETTERS),
            "texts_waiting": await queued.depth(self.database, TEXTS),
            "connections": {"open": self.database.size, "most": self.database.most},
        }

    async def codes(self) -> list[Tally]:
        """Return how the codes stand, by purpose."""
        return await self.tickets.tally(self.database, self.clock.now())

    async def compared(self, by: Sequence[str], back: timedelta) -> list[dict[str, Any]]:
        """Return what became of the codes of late, a row for each combination of labels."""
        return compared(await store.codes(self.database, self.clock.now() - back), by)
