"""Relaying: events on their way from the event outbox to their destinations.

    owe      with the fact, in its transaction (`plumbing/db/journal`): a row for each destination
    relay    one process for all destinations, each at its own pace: what is due, in order; published,
             delayed, or a dead letter; written down in one commit
    retry    an operator's wish: dead letters are due once more
    replay   an operator's wish: facts of the journal are owed once more

One process at a time relays: whoever holds the lock of the database, which ends with them. A destination
that is away is asked again after 1, 2, 4 ... 30 seconds, and nothing is counted against any event. An
event that is refused is delayed, and with it the later ones of its account; what is refused for good, or
`EVENTS_MAX_TRIES` times, is a dead letter, and the others go on. After a round that failed the next goes one
by one and begins elsewhere, so that an event that breaks a connection is found out (`rounds`). A fault of
ours on the way to a destination is an outage, too: what went well beside it is written down.

At least once: what was published but not written down is published again, under the same id.
Source: CloudEvents 1.0.2; Standard Webhooks; docs/decisions/0022.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.destinations import Destination, Destinations, EventMessage
from watchword.kernel.ports import NotAccepted, OutOfReach
from watchword.kernel.problems import Unavailable
from watchword.plumbing.db import event_queue
from watchword.plumbing.db.changes import Changes
from watchword.plumbing.db.event_outbox import EVENTS
from watchword.plumbing.db.holding import Hold
from watchword.plumbing.db.owed_events import EventResult, Outcome, OwedEvent
from watchword.plumbing.db.ports import Database
from watchword.plumbing.events.envelope import NotedFact, cloud_event, written
from watchword.plumbing.logs.logger import log
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.settings import EventSettings
from watchword.plumbing.work.rounds import (
    CAREFUL,
    Reach,
    Refused,
    Round,
    chains,
    judged,
    turned,
)

LOCK: Final = "events"
_ANOTHER_LOOK: Final = timedelta(seconds=1)


@dataclass(frozen=True)
class Tools:
    """What every relay works with."""

    database: Database
    settings: EventSettings
    metrics: Metrics
    clock: Clock
    chance: Chance
    source: str


class Relay:
    """The way to one destination."""

    def __init__(self, destination: Destination, tools: Tools) -> None:
        """Publish there."""
        self._destination = destination
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
            rest = self.reach.rest(self._tools.chance.fraction(), self._asked_for)
            if rest:
                await _first(rest, stop)
            elif not more:
                await _first(_ANOTHER_LOOK, stop, self.news)

    @property
    def name(self) -> str:
        """Return which destination it is."""
        return self._destination.name

    async def round(self) -> bool:
        """Publish some of what is due; tell whether to go on at once."""
        careful, tools = self.reach.failures > 0, self._tools
        most = min(CAREFUL, self._destination.batch) if careful else self._destination.batch
        rows = await event_queue.due(tools.database, self.name, tools.clock.now(), most)
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

    def _owed(self, row: Any) -> OwedEvent:
        """Write the event that a row tells of."""
        message, fault = None, ""
        if row.type is None:
            fault = "the journal does not hold it any more"
        else:
            try:
                noted = NotedFact(
                    id=row.event_id, at=row.at, type=row.type, user_id=row.subject, facts=row.facts
                )
                body = written(cloud_event(noted, self._tools.source))
                message = EventMessage(id=row.event_id, type=row.type, key=row.subject, body=body)
            except ValueError as wrong:
                fault = str(wrong)
        return OwedEvent(
            number=row.number,
            event_id=row.event_id,
            type=row.type or "unknown",
            key=row.subject,
            attempts=row.attempts,
            message=message,
            fault=fault,
        )

    async def _side_by_side(self, ways: Sequence[Sequence[OwedEvent]]) -> Round:
        """Publish the events of different accounts beside one another."""
        done = Round()

        async def follow(way: Sequence[OwedEvent]) -> None:
            for each in way:
                if done.away:
                    return
                try:
                    outcome = await self._try(each)
                except OutOfReach as away:
                    done.away, done.asked_for = str(away), away.retry_after
                    done.fault = done.fault or away.__cause__
                    return
                done.outcomes.append(outcome)
                if outcome.result is EventResult.DELAYED:
                    return

        try:
            await self._destination.connect()
        except OutOfReach as away:
            return Round(away=str(away), asked_for=away.retry_after)
        await asyncio.gather(*(follow(way) for way in ways))
        return done

    async def _one_by_one(self, ways: Sequence[list[OwedEvent]]) -> Round:
        """Publish one event after the other: who fails while the one before went well is to blame."""
        done, well = Round(), False
        for way in turned(ways, self.reach.failures):
            for each in way:
                try:
                    outcome = await self._try(each)
                except OutOfReach as away:
                    if not well:
                        said, fault = str(away), away.__cause__
                        return replace(done, away=said, asked_for=away.retry_after, fault=fault)
                    outcome = self._judged(each, Refused(str(away)))
                    well = False
                else:
                    well = True
                done.outcomes.append(outcome)
                if outcome.result is EventResult.DELAYED:
                    break
        return done

    async def _try(self, owed: OwedEvent) -> Outcome:
        """Publish one event. Problem: `OutOfReach`."""
        if owed.message is None:
            return Outcome(owed=owed, result=EventResult.DEAD, reason=owed.fault)
        try:
            await self._destination.publish(owed.message)
        except NotAccepted as refusal:
            said = Refused(str(refusal), lasting=refusal.lasting, retry_after=refusal.retry_after)
            return self._judged(owed, said)
        except OutOfReach as away:
            raise away from None
        except (Exception, asyncio.CancelledError) as fault:
            if _ending():
                raise
            # one event's fault may not lose what became of those beside it
            raise OutOfReach(type(fault).__name__) from fault
        return Outcome(owed=owed, result=EventResult.PUBLISHED)

    def _judged(self, owed: OwedEvent, refused: Refused) -> Outcome:
        tools = self._tools
        now, most = tools.clock.now(), tools.settings.most_tries
        return judged(owed, refused, most, now, tools.chance.fraction())

    async def _settle(self, outcomes: Sequence[Outcome]) -> None:
        """Write down what became of a round, in one commit."""
        if outcomes:
            async with self._tools.database.transaction() as tx:
                await event_queue.settle(tx, outcomes, self._tools.clock.now())

    def _tell(self, done: Round) -> None:
        """Count and say what came of a round; an outage is said when it begins and when it ends."""
        counter = self._tools.metrics.events
        for each in done.outcomes:
            counter.labels(self._destination.transport, each.owed.type, each.result).inc()
            if each.result is not EventResult.PUBLISHED:
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
            if done.fault:
                log().error("relay failed", destination=self.name, exc_info=done.fault)
        if before.failures and not done.away:
            log().info("destination is back", destination=self.name, failures=before.failures)


class Relays:
    """The relays of this process; they work while it holds the lock."""

    def __init__(self, destinations: Destinations, tools: Tools, changes: Changes) -> None:
        """Relay to these."""
        self._database = tools.database
        self.each = [Relay(each, tools) for each in destinations.each]
        self._resting = asyncio.Event()
        changes.listen(EVENTS, self._hear)

    async def run(self) -> None:
        """Relay until told to rest; while another process does, look whether it still does."""
        while self.each and not self._resting.is_set():
            async with self._database.exclusively(LOCK) as hold:
                if hold is not None:
                    await self._relay(hold)
                    continue
            await _first(_ANOTHER_LOOK, self._resting)

    def rest(self) -> None:
        """Begin no further round."""
        self._resting.set()

    async def _relay(self, hold: Hold) -> None:
        """Relay until told to rest, or until the lock is lost: then at once."""
        stop = asyncio.Event()
        working = [asyncio.create_task(self._work(each, stop)) for each in self.each]
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

    async def _work(self, relay: Relay, stop: asyncio.Event) -> None:
        """Let a relay work until told to stop; one that ended unasked is told of, and begins anew."""
        while not stop.is_set():
            try:
                await relay.run(stop)
            except (Exception, asyncio.CancelledError):
                if _ending():
                    raise
                log().exception("relay failed", destination=relay.name)
                await _first(_ANOTHER_LOOK, stop)

    def _hear(self, _subject: str) -> None:
        for each in self.each:
            each.news.set()


def _ending() -> bool:
    """Tell whether somebody ends our task; a library's own CancelledError is a fault like any other."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


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
