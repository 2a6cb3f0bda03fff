"""A watch over one piece of work: does it still hold, and is it still ours? Looked at before each carrier.

    late    what it tells has ended: nobody is asked any more
    lost    the lease lapsed, and another worker has it: nobody is asked any more

A worker may sleep (SIGSTOP, a machine that was suspended) or wait for longer than it thinks.
As long as the claim named the carrier, and its lease lasts for a whole try, a look costs no query; else the
lease is taken anew, in the statement that writes down who is asked.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from watchword.kernel.clock import Clock
from watchword.plumbing.carriers.carrier import ONE_TRY
from watchword.plumbing.db import outbox
from watchword.plumbing.db.pieces import Work
from watchword.plumbing.db.ports import Database
from watchword.plumbing.work.porters import LEASE


class Stop(StrEnum):
    """Why nobody is asked any more."""

    LATE = "late"
    LOST = "lost"


@dataclass(slots=True, kw_only=True)
class Watch:
    """What is known of a piece under way: who is `asked`, `leased_until`, `good_until`; `stop` ends it."""

    database: Database
    clock: Clock
    work: Work
    good_until: datetime | None
    asked: str | None
    leased_until: datetime
    stop: Stop | None = None

    async def allows(self, carrier: str) -> bool:
        """Tell whether this carrier may be asked now, which is written down; `stop` says why not."""
        while True:
            now = self.clock.now()
            if self.good_until is not None and self.good_until <= now:
                self.stop = Stop.LATE
                return False
            if carrier == self.asked and now + ONE_TRY <= self.leased_until:
                return True
            until = now + LEASE
            if not await outbox.ask(self.database, self.work, carrier, until):
                self.stop = Stop.LOST
                return False
            self.asked, self.leased_until = carrier, until
