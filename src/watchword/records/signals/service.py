"""Signals: raise them within a transaction, carry them after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.destinations import Destination, EventMessage
from watchword.kernel.ids import mint
from watchword.kernel.parts import service
from watchword.kernel.ports import NotAccepted, OutOfReach
from watchword.kernel.secret import Peppers
from watchword.plumbing.db import outbox, pieces
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.pieces import Settled, Work
from watchword.plumbing.db.ports import Database
from watchword.plumbing.db.queue import Queue
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.logs.logger import log
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.probes import Step, posting
from watchword.plumbing.work.porters import Porters
from watchword.plumbing.work.settling import Settling
from watchword.records.signals import store
from watchword.records.signals.rules import (
    DELAYED,
    HASHED,
    KIND,
    POSTED,
    Data,
    Signal,
    SignalDead,
    SignalRaised,
    SignalSettings,
    Told,
    data_of,
)

_URGENT = 3


@dataclass(frozen=True, slots=True)
class SignalReceiver:
    """Who is told of signals; nobody while `SIRA_ENABLED` is false."""

    destination: Destination | None = None


class SignalPorters(Porters):
    """Carry signals."""


@service
class Signals(Settling):
    """The way of a signal."""

    database: Database
    receiver: SignalReceiver
    porters: SignalPorters
    settings: SignalSettings
    peppers: Peppers
    issuer: Issuer
    journal: Journal
    metrics: Metrics
    clock: Clock
    chance: Chance

    async def latest(self, after: datetime) -> Mapping[bytes, datetime]:
        """Return when each subject was last told of, if after a moment."""
        return await store.since(self.database, after)

    def key(self, signal: Signal) -> bytes:
        """Return what a signal's subject is remembered by; nobody can read a network out of it."""
        return self.peppers.digest("signal", signal.subject)

    async def raise_(self, signal: Signal, rest: timedelta, now: datetime) -> bool:
        """Raise a signal; false: the same was told of the same subject less than `rest` before it."""
        async with self.database.transaction() as tx:
            if not await store.raised(tx, self.key(signal), signal.at, signal.at - rest):
                return False
            signal_id = mint(now, self.chance)
            await outbox.put(
                tx,
                id=signal_id,
                kind=KIND,
                label=signal.type.value,
                payload=msgspec.json.encode(self._told(signal, signal_id)),
                now=now,
                priority=_URGENT,
            )
            fact = SignalRaised(
                user_id=signal.user_id,
                signal=str(signal_id),
                kind=signal.type.value,
                reason=signal.reason.value,
                count=signal.count,
            )
            await self.journal.record(tx, fact, now)
        return True

    def described(self, signal: Signal) -> Data:
        """Return what is told of a signal; its network hashed, unless the settings say plain."""
        ip = signal.network
        if ip and self.settings.address == HASHED:
            ip = self.peppers.digest("signal-address", ip).hex()
        return data_of(signal, ip, self.settings.address)

    def _told(self, signal: Signal, signal_id: UUID) -> Told:
        return Told(
            id=signal_id,
            type=signal.type.value,
            timestamp=f"{signal.at:%Y-%m-%dT%H:%M:%SZ}",
            source=self.issuer.url,
            data=self.described(signal),
        )

    async def carry(self) -> int:
        """Post what is due; return how many posts that were."""
        if self.receiver.destination is None:
            return 0
        return await self.porters.carry(self._post, self._settle, lambda: False)

    async def status(self) -> Step | None:
        """Return whether the receiver answers and takes what it is told; nothing while nobody is told."""
        if self.receiver.destination is None:
            return None
        trouble = await self.receiver.destination.check()
        waiting, dead = await Queue(self.database, self.clock, KIND).depths()
        how = posting(self.settings.url, len(self.settings.keys))
        state = f"{trouble or 'answers'}, {how}, {waiting} waiting, {dead} dead"
        return Step("receiver", trouble is None and not dead, state)

    async def purge(self, db: Database, before: datetime) -> int:
        """Forget what was raised before a moment; return how much."""
        return await store.purge(db, before)

    async def _post(self, work: Work) -> Settled:
        destination = self.receiver.destination
        assert destination is not None
        message = EventMessage(id=work.id, type=work.label, key=None, body=work.payload)
        try:
            await destination.publish(message)
        except NotAccepted as refused:
            if refused.lasting:
                return self._dead(work, str(refused))
            return self._try_later(work, str(refused), refused.retry_after)
        except OutOfReach as away:
            return self._try_later(work, str(away), away.retry_after)
        log().info("signal posted", signal=str(work.id), kind=work.label)
        self.metrics.signals.labels(work.label, POSTED).inc()
        return pieces.finished(work, POSTED)

    @property
    def most_tries(self) -> int:
        """Return how often a signal is posted before it is dead."""
        return self.settings.most_tries

    def dead_fact(self, work: Work, reason: str) -> SignalDead:
        """Return what the journal tells of a signal that is dead."""
        return SignalDead(signal=str(work.id), kind=work.label, reason=reason)

    def told(self, settled: Settled) -> None:
        """Log and count a signal that is dead."""
        if settled.outcome == pieces.DEAD:
            log().error("signal dead", signal=str(settled.work.id), reason=settled.reason)
            self.metrics.signals.labels(settled.work.label, pieces.DEAD).inc()

    def _try_later(self, work: Work, reason: str, asked_for: timedelta | None) -> Settled:
        if work.attempts >= self.most_tries:
            return self._dead(work, reason)
        log().warning("signal delayed", signal=str(work.id), kind=work.label, reason=reason)
        self.metrics.signals.labels(work.label, DELAYED).inc()
        return self._later(work, reason, asked_for)
