"""Sending: what letters and texts have in common on their way from the outbox to a carrier.

    expired          never sent; counted, unless it was for nobody: pretended work is no piece
    outdated         what it tells ended meanwhile: delayed, and written anew at once
    lost             another worker has it, because our lease lapsed: nobody is asked
    lapsed           the worker that had it was killed: it goes out again under its id, to the carrier that
                     was being asked, and is counted as one that nobody can tell of
    unwritable       dead: it will not become writable later
    suppressed       finished, its payload wiped; the journal knows
    taken            finished, its payload wiped; the postbook knows
    nobody was asked delayed; it loses no try
    nobody can tell  delayed, to be tried again at that carrier alone, until an operator retries it
    refused itself   dead, with the reason, and after the last try too
    else             delayed for 2, 4, 8 ... seconds, at most an hour, and not before a carrier wants it

Before each carrier is asked, the clock and the lease are looked at again (`Watch`): a worker may have slept.

Whoever sends says how a piece is written, counted and told of. Source: RFC 5321, section 4.5.4 (retries).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from watchword.kernel.backoff import pause
from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.facts import Fact
from watchword.plumbing.carriers.carrier import Try, TryResult
from watchword.plumbing.carriers.failover import Failover, Handover
from watchword.plumbing.db import outbox, pieces
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.pieces import Settled, Work
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.logs.logger import log
from watchword.plumbing.ports import Leaving, Postbook
from watchword.plumbing.work.porters import Porters
from watchword.plumbing.work.watch import Stop, Watch

EXPIRED: Final = "expired"
NO_CARRIER: Final = "none"
DECOY: Final = "nobody"
_A_MOMENT: Final = timedelta(seconds=1)
_FIRST_DELAY: Final = timedelta(seconds=2)
_LONGEST_DELAY: Final = timedelta(hours=1)


class Addressed(Protocol):
    """What goes to somebody."""

    @property
    def to(self) -> str:
        """Where it goes."""


Sent = TypeVar("Sent", bound=Addressed)


def delay(attempts: int, chance: Chance, asked_for: timedelta | None = None) -> timedelta:
    """Return how long to wait before the next try: 2, 4, 8 ... seconds, at most an hour."""
    return pause(attempts, _FIRST_DELAY, _LONGEST_DELAY, chance.fraction(), asked_for)


def _number(settled: Settled) -> int:
    """Return the number of a lease: we may have leased a piece anew that we slept over."""
    return settled.work.attempts


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Why a piece may not leave, in a word, and the fact by which the journal tells of it."""

    reason: str
    fact: Fact


class Sending(ABC, Generic[Sent]):
    """Carries one kind of work; `what` is its name in the log."""

    what: ClassVar[str]
    database: Database
    carriers: Failover[Sent]
    postbook: Postbook
    porters: Porters
    journal: Journal
    clock: Clock
    chance: Chance

    @property
    @abstractmethod
    def most_tries(self) -> int:
        """Return how often a piece is tried before it is dead."""

    @abstractmethod
    def write(self, work: Work) -> Sent:
        """Write what a carrier takes."""

    @abstractmethod
    def count(self, work: Work, result: str) -> None:
        """Count what came of a piece, when no carrier can tell."""

    @abstractmethod
    def dead_fact(self, work: Work, reason: str) -> Fact:
        """Return what the journal tells of a piece that is dead."""

    def good_until(self, work: Work, written: Sent) -> datetime | None:  # noqa: ARG002 - for some kinds
        """Return when what was written no longer holds."""
        return work.expires_at

    async def held_back(self, work: Work, written: Sent) -> HeldBack | None:  # noqa: ARG002 - for some kinds
        """Return why a piece may not leave for where it goes; nothing when it may."""
        return None

    async def carry(self) -> int:
        """Carry what is due, several pieces at once; return how many that were."""
        return await self.porters.carry(
            self._carry_one, self._settle, self.carriers.all_rest, self.carriers.first
        )

    def rest(self) -> None:
        """Begin no further piece."""
        self.porters.rest()

    async def _carry_one(self, work: Work) -> Settled:
        if self._expired(work):
            return pieces.finished(work, EXPIRED)
        if work.lapsed:
            self.count(work, TryResult.UNKNOWN)
            log().warning(f"{self.what} taken over", **self._named(work), tries=work.attempts)
        try:
            written = self.write(work)
        except Exception as error:  # noqa: BLE001 - it will not become writable later
            log().exception(f"{self.what} cannot be written", **self._named(work))
            return self._dead(work, type(error).__name__)
        held = await self.held_back(work, written)
        if held is not None:
            return self._suppressed(work, held)
        return await self._hand_over(work, written)

    async def _hand_over(self, work: Work, written: Sent) -> Settled:
        watch = self._watch(work, written)
        handover = await self.carriers.send(
            written, perhaps_at=work.perhaps_at, asking=watch.allows
        )
        if handover.sent is not None:
            return self._sent(work, written, handover.sent)
        if watch.stop is not None:
            return self._stopped(work, handover, watch.stop)
        if handover.untried:
            now = self.clock.now()
            return pieces.untried(work, max(handover.rest_until or now, now + _A_MOMENT))
        return self._try_later(work, handover)

    def _watch(self, work: Work, written: Sent) -> Watch:
        return Watch(
            database=self.database,
            clock=self.clock,
            work=work,
            good_until=self.good_until(work, written),
            asked=work.asked,
            leased_until=work.leased_until,
        )

    def _expired(self, work: Work) -> bool:
        return work.expires_at is not None and work.expires_at <= self.clock.now()

    def _stopped(self, work: Work, handover: Handover, why: Stop) -> Settled:
        """Leave it to whoever has it now; or it tells what has ended: never sent, or written anew."""
        if why is Stop.LOST:
            log().warning(f"{self.what} is another worker's", **self._named(work))
        elif self._expired(work):
            return pieces.finished(work, EXPIRED)
        now = self.clock.now()
        if handover.untried:
            return pieces.untried(work, now)
        return pieces.delayed(work, now, handover.reason)

    def leaving(self, work: Work, written: Sent) -> Leaving:
        """Return what the postbook knows of a piece."""
        return Leaving(channel=self.what, id=work.id, to=written.to, template=work.label)

    def _suppressed(self, work: Work, held: HeldBack) -> Settled:
        """Keep it here, and say so; the payload is wiped, for it will not leave later either."""

        async def tell(tx: Transaction) -> None:
            await self.journal.record(tx, held.fact, self.clock.now())

        return pieces.finished(work, TryResult.SUPPRESSED, held.reason, tell)

    def _sent(self, work: Work, written: Sent, tried: Try) -> Settled:
        log().info(
            f"{self.what} sent",
            category="performance",
            **self._named(work),
            carrier=tried.carrier,
            reference=tried.reference,
            duration_ms=round(tried.seconds * 1000, 2),
        )

        async def tell(tx: Transaction) -> None:
            await self.postbook.note(tx, self.leaving(work, written), tried, self.clock.now())

        return pieces.finished(work, TryResult.SENT, also=tell)

    def _try_later(self, work: Work, handover: Handover) -> Settled:
        if handover.hopeless or work.attempts >= self.most_tries:
            return self._dead(work, handover.reason)
        log().warning(
            f"{self.what} delayed",
            **self._named(work),
            tries=work.attempts,
            result=handover.tries[-1].result,
            reason=handover.reason,
        )
        later = self.clock.now() + delay(work.attempts, self.chance, handover.retry_after)
        return pieces.delayed(work, later, handover.reason, handover.perhaps_at)

    def _dead(self, work: Work, reason: str) -> Settled:
        """Give it up; the journal knows, and its sealed words stay for an operator to try again."""

        async def tell(tx: Transaction) -> None:
            await self.journal.record(tx, self.dead_fact(work, reason), self.clock.now())

        return pieces.dead(work, reason, tell)

    async def _settle(self, back: Sequence[Settled]) -> None:
        """Write what became of a batch, and what belongs to it, in one commit."""
        async with self.database.transaction() as tx:
            held = await outbox.settle(tx, back, self.clock.now())
            latest = {each.work.id: each for each in sorted(back, key=_number)}
            settled = [each for name, each in latest.items() if name in held]
            for each in settled:
                if each.also is not None:
                    await each.also(tx)
        for each in settled:
            if each.outcome == pieces.DEAD:
                named = self._named(each.work)
                log().error(f"{self.what} not delivered", **named, reason=each.reason)
            if each.outcome == TryResult.SUPPRESSED:
                named = self._named(each.work)
                log().warning(f"{self.what} suppressed", **named, reason=each.reason)
            uncounted = each.work.label == DECOY
            if each.outcome in {pieces.DEAD, EXPIRED, TryResult.SUPPRESSED} and not uncounted:
                self.count(each.work, each.outcome)

    def _named(self, work: Work) -> dict[str, Any]:
        return {self.what: str(work.id), "template": work.label}
