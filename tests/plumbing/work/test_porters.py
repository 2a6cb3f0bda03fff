"""Porters: several pieces at once, the urgent past the slow, and nothing forgotten that was done."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest

from tests.support.world import StoppedClock
from watchword.kernel.chance import SystemChance
from watchword.kernel.ids import mint
from watchword.plumbing.db import outbox, pieces, queued
from watchword.plumbing.db.changes import OUTBOX, Changes
from watchword.plumbing.db.pieces import Settled, Work
from watchword.plumbing.db.ports import DatabaseUnavailable
from watchword.plumbing.db.sqlite import SqliteDatabase, sqlite_path
from watchword.plumbing.work.porters import LEASE, Porters

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Yard:
    """Porters with two hands; what `slow` names takes until it is let go."""

    def __init__(self, url: str) -> None:
        self.changes, self.clock = Changes(), StoppedClock(NOW)
        self.database = SqliteDatabase(sqlite_path(url), self.changes)
        self.porters = Porters(self.database, self.changes, self.clock, "mail", 2)
        self.done: list[str] = []
        self.batches: list[int] = []
        self.most = self.under_way = 0
        self.slow: set[str] = set()
        self.let_go = asyncio.Event()
        self.rests = False
        self.away = 0

    async def put(self, *labels: str, priority: int = 5) -> None:
        """Ask for work."""
        async with self.database.transaction() as tx:
            for label in labels:
                work_id = mint(NOW, SystemChance())
                await outbox.put(
                    tx,
                    id=work_id,
                    kind="mail",
                    label=label,
                    payload=b"x",
                    now=NOW,
                    priority=priority,
                )

    async def do(self, work: Work) -> Settled:
        """Do a piece of work."""
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if work.label in self.slow:
            await self.let_go.wait()
        else:
            await asyncio.sleep(0)
        self.under_way -= 1
        if work.label == "faulty":
            raise LookupError
        self.done.append(work.label)
        return pieces.finished(work, "sent")

    async def settle(self, back: Sequence[Settled]) -> None:
        """Settle, once the database is there again."""
        if self.away:
            self.away -= 1
            raise DatabaseUnavailable
        self.batches.append(len(back))
        await outbox.settle(self.database, back, NOW)

    async def carry(self) -> int:
        """Carry what is due."""
        return await self.porters.carry(self.do, self.settle, lambda: self.rests)

    async def reaches(self, *labels: str) -> None:
        """Wait until these are done."""
        async with asyncio.timeout(30):
            while not {*labels} <= {*self.done}:
                await asyncio.sleep(0.002)


@pytest.fixture
async def yard(sqlite_url: str) -> AsyncIterator[Yard]:
    """Yield a yard."""
    opened = Yard(sqlite_url)
    yield opened
    await opened.database.close()


async def test_as_much_is_under_way_at_once_as_there_are_hands(yard: Yard) -> None:
    await yard.put(*"abcdefg")

    assert await yard.carry() == 7
    assert (sorted(yard.done), yard.most) == ([*"abcdefg"], 2)
    assert await queued.depth(yard.database, "mail") == 0


async def test_a_code_that_comes_while_a_slow_letter_is_under_way_passes_it(yard: Yard) -> None:
    yard.slow = {"slow"}
    await yard.put("slow")
    carrying = asyncio.create_task(yard.carry())
    async with asyncio.timeout(30):
        while not yard.under_way:
            await asyncio.sleep(0.002)
    await yard.put("code", priority=1)
    await yard.reaches("code")

    assert yard.done == ["code"]
    yard.let_go.set()
    assert await carrying == 2


async def test_a_code_waits_for_no_hand_and_a_notice_does(yard: Yard) -> None:
    yard.slow = {"a", "b"}
    await yard.put("a", "b")
    carrying = asyncio.create_task(yard.carry())
    async with asyncio.timeout(30):
        while yard.under_way < 2:
            await asyncio.sleep(0.002)
    await yard.put("notice")
    await yard.put("code", priority=1)
    await yard.reaches("code")

    assert yard.done == ["code"]
    yard.let_go.set()
    assert await carrying == 4


async def test_what_comes_back_together_is_settled_together(yard: Yard) -> None:
    yard.slow = {"a", "b"}
    await yard.put("a", "b")
    carrying = asyncio.create_task(yard.carry())
    async with asyncio.timeout(30):
        while yard.under_way < 2:
            await asyncio.sleep(0.002)
    yard.let_go.set()
    await carrying

    assert yard.batches == [2]


async def test_what_was_done_while_the_database_is_away_is_settled_when_it_is_back(
    yard: Yard,
) -> None:
    yard.away = 2
    await yard.put("a")
    await yard.carry()

    assert yard.done == ["a"]
    assert await queued.depth(yard.database, "mail") == 0


async def test_while_the_queue_is_out_of_reach_what_is_under_way_goes_on_and_is_settled(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.slow = {"a"}
    await yard.put("a")
    carrying = asyncio.create_task(yard.carry())
    async with asyncio.timeout(30):
        while not yard.under_way:
            await asyncio.sleep(0.002)
    asked = asyncio.Event()

    async def away(*_: object) -> None:
        asked.set()
        raise DatabaseUnavailable

    with monkeypatch.context() as outage:
        outage.setattr(outbox, "claim", away)
        yard.changes.tell(OUTBOX, "mail")  # a lost connection is news of everything
        async with asyncio.timeout(30):
            await asked.wait()
    await yard.put("b")
    yard.let_go.set()

    assert await carrying == 2
    assert yard.done == ["a", "b"]
    assert await queued.depth(yard.database, "mail") == 0


async def test_a_piece_with_a_fault_holds_up_no_other_and_stays_leased(yard: Yard) -> None:
    await yard.put("faulty", *"abc")
    await yard.carry()

    assert sorted(yard.done) == [*"abc"]
    [left] = await queued.kept(yard.database, "mail", NOW, 9)
    assert left.state == "under way"


async def test_while_they_rest_nothing_is_claimed(yard: Yard) -> None:
    yard.rests = True
    await yard.put("a")

    assert await yard.carry() == 0
    [waiting] = await queued.kept(yard.database, "mail", NOW, 9)
    assert (waiting.state, waiting.attempts) == ("waiting", 0)


async def test_who_is_to_end_finishes_what_is_under_way_and_begins_nothing_more(
    yard: Yard,
) -> None:
    yard.slow = {"a", "b"}
    await yard.put(*"abc")
    carrying = asyncio.create_task(yard.carry())
    async with asyncio.timeout(30):
        while yard.under_way < 2:
            await asyncio.sleep(0.002)
    yard.porters.rest()
    yard.let_go.set()

    assert await carrying == 2
    assert await queued.depth(yard.database, "mail") == 1


async def test_what_is_cancelled_comes_back_when_its_lease_ends(yard: Yard) -> None:
    yard.slow = {"a"}
    await yard.put("a")
    carrying = asyncio.create_task(yard.carry())
    async with asyncio.timeout(30):
        while not yard.under_way:
            await asyncio.sleep(0.002)
    carrying.cancel()
    await asyncio.gather(carrying, return_exceptions=True)
    yard.clock.advance(LEASE)
    yard.let_go.set()

    assert await yard.carry() == 1
    assert yard.done == ["a"]
