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
    else             delayed, and not before a carrier wants it

Before each carrier is asked, the clock and the lease are looked at again (`Watch`): a worker may have slept.

Whoever sends says how a piece is written, counted and told of; `settling` writes down what became of it.
Source: RFC 5321, section 4.5.4 (retries).
"""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Generic, TypeVar

from watchword.kernel.facts import Fact
from watchword.plumbing.carriers.carrier import Addressed, Try, TryResult
from watchword.plumbing.carriers.failover import Failover, Handover
from watchword.plumbing.db import pieces
from watchword.plumbing.db.pieces import Settled, Work
from watchword.plumbing.db.ports import Transaction
from watchword.plumbing.logs.logger import log
from watchword.plumbing.ports import Leaving, Postbook
from watchword.plumbing.work.settling import Settling
from watchword.plumbing.work.watch import Stop, Watch

EXPIRED: Final = "expired"
NO_CARRIER: Final = "none"
DECOY: Final = "nobody"
_A_MOMENT: Final = timedelta(seconds=1)


Sent = TypeVar("Sent", bound=Addressed)


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Why a piece may not leave, in a word, and the fact by which the journal tells of it."""

    reason: str
    fact: Fact


class Sending(Settling, Generic[Sent]):
    """Carries one kind of work; `what` is its name in the log."""

    what: ClassVar[str]
    carriers: Failover[Sent]
    postbook: Postbook

    @abstractmethod
    def write(self, work: Work) -> Sent:
        """Write what a carrier takes."""

    @abstractmethod
    def count(self, work: Work, result: str) -> None:
        """Count what came of a piece, when no carrier can tell."""

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
            written,
            perhaps_at=work.perhaps_at,
            asking=watch.allows,
            urgency=work.priority,
            tried=work.attempts > 1,
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
        return self._later(
            work,
            handover.reason,
            handover.retry_after,
            handover.perhaps_at,
            of_reader=handover.deferred,
        )

    async def beside(self, tx: Transaction) -> None:
        """Write what the carriers did last."""
        await self.postbook.tell(tx, self.what, self.carriers.untold.take())

    def told(self, settled: Settled) -> None:
        """Log and count what became of a piece; pretended work is none."""
        named = self._named(settled.work)
        if settled.outcome == pieces.DEAD:
            log().error(f"{self.what} not delivered", **named, reason=settled.reason)
        if settled.outcome == TryResult.SUPPRESSED:
            log().warning(f"{self.what} suppressed", **named, reason=settled.reason)
        uncounted = settled.work.label == DECOY
        if settled.outcome in {pieces.DEAD, EXPIRED, TryResult.SUPPRESSED} and not uncounted:
            self.count(settled.work, settled.outcome)

    def _named(self, work: Work) -> dict[str, Any]:
        return {self.what: str(work.id), "template": work.label}
