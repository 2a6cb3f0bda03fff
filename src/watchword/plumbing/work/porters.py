"""Porters: they carry the work of one kind in the outbox, several pieces at once.

    claim    as much as there are free hands for, in one statement, the most urgent first
    do       each piece beside the others; what became of it is a value
    settle   all that came back meanwhile, in one transaction

They claim again whenever a hand comes free or there is news, and two more hands are for codes alone, so that
a code waits for no slow letter before it. What they were killed over comes back when its lease ends
(`Work.lapsed`). While the database is away they hold on to what became of each piece for as long as the lease
is theirs.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

from watchword.kernel.clock import Clock
from watchword.kernel.messages import BULK, CODE
from watchword.kernel.problems import Unavailable
from watchword.plumbing.db import outbox, pieces
from watchword.plumbing.db.changes import OUTBOX, Changes
from watchword.plumbing.db.pieces import Settled, Work
from watchword.plumbing.db.ports import Database
from watchword.plumbing.logs.logger import log

LEASE: Final = timedelta(seconds=30)
PATIENCE: Final = timedelta(seconds=28)  # more than the carriers ever take for one piece
_FOR_CODES: Final = 2  # hands
_ANOTHER_LOOK: Final = timedelta(seconds=0.2)

Do = Callable[[Work], Awaitable[Settled]]
Settle = Callable[[Sequence[Settled]], Awaitable[None]]
First = Callable[[], str | None]


class Porters:
    """The hands of one process for one kind of work."""

    def __init__(
        self, database: Database, changes: Changes, clock: Clock, kind: str, hands: int
    ) -> None:
        """Carry this kind, so many pieces at once, and two codes more."""
        self._database = database
        self._clock = clock
        self._kind = kind
        self._hands = hands
        self._news = asyncio.Event()
        self._resting = False
        changes.listen(OUTBOX, self._hear)

    async def carry(
        self, do: Do, settle: Settle, rests: Callable[[], bool], first: First = lambda: None
    ) -> int:
        """Carry until nothing is due; return how many pieces that were.

        `rests`: claim nothing now. `first`: who will be asked first, which is written down with the claim.
        """
        under_way: set[asyncio.Task[Settled | None]] = set()
        begun = 0
        try:
            while True:
                self._news.clear()
                claimed = () if rests() else await self._claim_beside(under_way, first())
                begun += len(claimed or ())
                under_way |= {asyncio.create_task(_done(do, work)) for work in claimed or ()}
                if not under_way:
                    return begun
                back = await self._first_back(under_way, reachable=claimed is not None)
                under_way -= back
                await self._settle(settle, [each for task in back if (each := task.result())])
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    def rest(self) -> None:
        """Claim no more: what is under way comes to its end."""
        self._resting = True

    def _hear(self, kind: str) -> None:
        if kind in {"", self._kind}:
            self._news.set()

    async def _claim_beside(
        self, under_way: set[asyncio.Task[Settled | None]], asked: str | None
    ) -> Sequence[Work] | None:
        """Claim more; nothing at all when the queue is out of reach: what is under way goes on."""
        try:
            return await self._claim(self._hands - len(under_way), asked)
        except Unavailable as away:
            if not under_way:
                raise
            log().warning("outbox out of reach", pieces=len(under_way), reason=away.private)
            return None

    async def _claim(self, hands: int, asked: str | None) -> Sequence[Work]:
        """Claim for so many free hands; without any, a code for those that are for codes."""
        least_urgent = BULK if hands > 0 else CODE
        hands = hands if hands > 0 else hands + _FOR_CODES
        if self._resting or hands <= 0:
            return ()
        now = self._clock.now()
        claimed = await outbox.claim(
            self._database, self._kind, now, LEASE, hands, asked, least_urgent
        )
        if claimed and self._clock.now() + PATIENCE > now + LEASE:  # soon another may have them
            await outbox.settle(
                self._database, [pieces.untried(each, now) for each in claimed], now
            )
            return ()
        return claimed

    async def _first_back(
        self, under_way: set[asyncio.Task[Settled | None]], *, reachable: bool
    ) -> set[asyncio.Task[Settled | None]]:
        """Wait until a piece is done, or there is news and a free hand, if only one for codes."""
        news = asyncio.create_task(self._heard())
        most = self._hands + _FOR_CODES
        waiting = {*under_way, news} if reachable and len(under_way) < most else under_way
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
        return {task for task in under_way if task.done()}

    async def _heard(self) -> None:
        await self._news.wait()

    async def _settle(self, settle: Settle, back: Sequence[Settled]) -> None:
        until = time.monotonic() + LEASE.total_seconds()
        while back:
            try:
                await settle(back)
            except Unavailable as away:
                if time.monotonic() > until:
                    raise
                log().warning("outbox out of reach", pieces=len(back), reason=away.private)
                await asyncio.sleep(_ANOTHER_LOOK.total_seconds())
            else:
                return


async def _done(do: Do, work: Work) -> Settled | None:
    """Do it; what fails by a fault of ours comes back when its lease ends, and holds up nothing else."""
    try:
        return await do(work)
    except Exception:  # noqa: BLE001 - told in the log, and the lease says the rest
        log().exception("work failed", work=str(work.id), label=work.label)
        return None
