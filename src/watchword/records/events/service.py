"""Events: one process relays them, to each destination at its own pace."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import NotAccepted, OutOfReach
from watchword.kernel.problems import Unavailable
from watchword.kernel.publishing import Parcel, Publisher, Publishers
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.event_outbox import EVENTS
from watchword.plumbing.db.holding import Hold
from watchword.plumbing.db.ports import Database
from watchword.plumbing.events.envelope import CloudEvent, Noted, cloud_event, written
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.logs.logger import log
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.settings import EventSettings
from watchword.records.events import store
from watchword.records.events.rules import (
    CAUTIOUS,
    Backlog,
    Chosen,
    Outcome,
    Owed,
    Reach,
    Refused,
    Result,
    Round,
    chains,
    judged,
    turned,
)

LOCK: Final = "events"
_ANOTHER_LOOK: Final = timedelta(seconds=1)
_JITTER: Final = 1000


@service
class Events:
    """What is owed to whom, and what an operator may do about it."""

    database: Database
    issuer: Issuer

    async def backlogs(self) -> list[Backlog]:
        """Return what is owed to each destination that is owed anything."""
        return await store.backlogs(self.database)

    async def parked(self, destination: str | None, most: int) -> list[Any]:
        """Return what was parked, oldest first."""
        return await store.parked(self.database, destination, most)

    async def revive(self, destination: str | None) -> int:
        """Make what was parked due again; return how much that is."""
        async with self.database.transaction() as tx:
            return await store.revive(tx, destination)

    async def number(self, chosen: Chosen) -> int:
        """Return how many facts of the journal are meant."""
        return await store.number(self.database, chosen)

    async def again(self, destinations: Sequence[str], chosen: Chosen, now: datetime) -> int:
        """Owe facts of the journal once more to each destination; return how many rows that makes."""
        async with self.database.transaction() as tx:
            return sum([await store.again(tx, each, chosen, now) for each in destinations])

    async def newest(self, chosen: Chosen, most: int) -> list[CloudEvent]:
        """Return the newest facts of those that are meant as events, oldest first."""
        found = await store.newest(self.database, chosen, most)
        return [cloud_event(each, self.issuer.url) for each in found]

    async def purge(self, before: datetime) -> int:
        """Forget what was published before a moment."""
        return await store.purge(self.database, before)


@dataclass(frozen=True)
class Tools:
    """What every relay works with."""

    database: Database
    settings: EventSettings
    metrics: Metrics
    clock: Clock
    chance: Chance
    source: str

    def jitter(self) -> float:
        """Return a number from 0 to 1."""
        return self.chance.below(_JITTER) / _JITTER


class Relay:
    """The way to one destination."""

    def __init__(self, publisher: Publisher, tools: Tools) -> None:
        """Publish there."""
        self._publisher = publisher
        self._tools = tools
        self._asked_for: timedelta | None = None
        self.reach = Reach()
        self.news = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Publish what is due, whenever there is news, until told to stop."""
        while not stop.is_set():
            self.news.clear()
            try:
                more = await self.round()
            except Exception as trouble:  # noqa: BLE001 - the next round is another chance
                self._stumbled(trouble)
                await _first(_ANOTHER_LOOK, stop)
                continue
            rest = self.reach.rest(self._tools.jitter(), self._asked_for)
            if rest:
                await _first(rest, stop)
            elif not more:
                await _first(_ANOTHER_LOOK, stop, self.news)

    @property
    def name(self) -> str:
        """Return which destination it is."""
        return self._publisher.name

    async def round(self) -> bool:
        """Publish some of what is due; tell whether to go on at once."""
        careful, tools = self.reach.failures > 0, self._tools
        most = min(CAUTIOUS, self._publisher.batch) if careful else self._publisher.batch
        rows = await store.due(tools.database, self.name, tools.clock.now(), most)
        if not rows:
            return False
        ways = chains(self._owed(row) for row in rows)
        done = await (self._one_by_one(ways) if careful else self._side_by_side(ways))
        await self._settle(done.outcomes)
        self._tell(done)
        return not done.away

    def _stumbled(self, trouble: Exception) -> None:
        """Say why a round could not be made: the database is away, or it is a fault of ours."""
        if isinstance(trouble, Unavailable):
            log().warning("events delayed", destination=self.name, reason=trouble.private)
        else:
            log().exception("relay failed", destination=self.name)

    def _owed(self, row: Any) -> Owed:
        """Write the event that a row tells of."""
        parcel, fault = None, ""
        if row.type is None:
            fault = "the journal does not hold it any more"
        else:
            try:
                noted = Noted(
                    id=row.event_id, at=row.at, type=row.type, user_id=row.subject, facts=row.facts
                )
                body = written(cloud_event(noted, self._tools.source))
                parcel = Parcel(id=row.event_id, type=row.type, key=row.subject, body=body)
            except ValueError as wrong:
                fault = str(wrong)
        return Owed(
            number=row.number,
            event_id=row.event_id,
            type=row.type or "unknown",
            key=row.subject,
            attempts=row.attempts,
            parcel=parcel,
            fault=fault,
        )

    async def _side_by_side(self, ways: Sequence[Sequence[Owed]]) -> Round:
        """Publish the events of different accounts beside one another."""
        done = Round()

        async def follow(way: Sequence[Owed]) -> None:
            for each in way:
                if done.away:
                    return
                try:
                    outcome = await self._try(each)
                except OutOfReach as away:
                    done.away, done.asked_for = str(away), away.retry_after
                    return
                done.outcomes.append(outcome)
                if outcome.result is Result.DELAYED:
                    return

        try:
            await self._publisher.connect()
        except OutOfReach as away:
            return Round(away=str(away), asked_for=away.retry_after)
        await asyncio.gather(*(follow(way) for way in ways))
        return done

    async def _one_by_one(self, ways: Sequence[list[Owed]]) -> Round:
        """Publish one event after the other: who fails while the one before went well is to blame."""
        done, well = Round(), False
        for way in turned(ways, self.reach.failures):
            for each in way:
                try:
                    outcome = await self._try(each)
                except OutOfReach as away:
                    if not well:
                        return replace(done, away=str(away), asked_for=away.retry_after)
                    outcome = self._judged(each, Refused(str(away)))
                    well = False
                else:
                    well = True
                done.outcomes.append(outcome)
                if outcome.result is Result.DELAYED:
                    break
        return done

    async def _try(self, owed: Owed) -> Outcome:
        """Publish one event. Problem: `OutOfReach`."""
        if owed.parcel is None:
            return Outcome(owed=owed, result=Result.PARKED, reason=owed.fault)
        try:
            await self._publisher.publish(owed.parcel)
        except NotAccepted as refusal:
            said = Refused(str(refusal), lasting=refusal.lasting, retry_after=refusal.retry_after)
            return self._judged(owed, said)
        return Outcome(owed=owed, result=Result.PUBLISHED)

    def _judged(self, owed: Owed, refused: Refused) -> Outcome:
        tools = self._tools
        now, most = tools.clock.now(), tools.settings.most_tries
        return judged(owed, refused, most, now, tools.jitter())

    async def _settle(self, outcomes: Sequence[Outcome]) -> None:
        """Write down what became of a round, in one commit."""
        if outcomes:
            async with self._tools.database.transaction() as tx:
                await store.settle(tx, outcomes, self._tools.clock.now())

    def _tell(self, done: Round) -> None:
        """Count and say what came of a round; an outage is said when it begins and when it ends."""
        counter = self._tools.metrics.events
        for each in done.outcomes:
            counter.labels(self._publisher.transport, each.owed.type, each.result).inc()
            if each.result is not Result.PUBLISHED:
                log().warning(
                    f"event {each.result}",
                    destination=self.name,
                    event=str(each.owed.event_id),
                    type=each.owed.type,
                    tries=each.owed.attempts + 1,
                    reason=each.reason,
                )
        before, self._asked_for = self.reach, done.asked_for
        self.reach = Reach(before.failures + 1, done.away) if done.away else Reach()
        if done.away and done.away != before.reason:
            log().warning("destination away", destination=self.name, reason=done.away)
        if before.failures and not done.away:
            log().info("destination is back", destination=self.name, failures=before.failures)


class Relays:
    """The relays of this process; they work while it holds the lock."""

    def __init__(self, publishers: Publishers, tools: Tools, changes: Changes) -> None:
        """Relay to these."""
        self._database = tools.database
        self._relays = [Relay(each, tools) for each in publishers.each]
        self._resting = asyncio.Event()
        changes.listen(EVENTS, self._hear)

    async def run(self) -> None:
        """Relay until told to rest; while another process does, look whether it still does."""
        while self._relays and not self._resting.is_set():
            async with self._database.exclusively(LOCK) as hold:
                if hold is not None:
                    await self._relay(hold)
                    continue
            await _first(_ANOTHER_LOOK, self._resting)

    async def publish(self) -> bool:
        """Make one round to every destination; tell whether to go on at once."""
        return any([await each.round() for each in self._relays])

    def rest(self) -> None:
        """Begin no further round."""
        self._resting.set()

    async def _relay(self, hold: Hold) -> None:
        """Relay until told to rest, or until the lock is lost: then at once."""
        stop = asyncio.Event()
        working = [asyncio.create_task(each.run(stop)) for each in self._relays]
        ends = [asyncio.create_task(each.wait()) for each in (hold.lost, self._resting)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            if not hold.lost.is_set():
                await asyncio.wait(working)
        finally:
            for task in (*working, *ends):
                task.cancel()
            await asyncio.gather(*working, *ends, return_exceptions=True)

    def _hear(self, _subject: str) -> None:
        for each in self._relays:
            each.news.set()


async def _first(patience: timedelta, *events: asyncio.Event) -> None:
    """Wait for the first of these, for so long."""
    waiting = [asyncio.create_task(each.wait()) for each in events]
    try:
        await asyncio.wait(
            waiting, timeout=patience.total_seconds(), return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
