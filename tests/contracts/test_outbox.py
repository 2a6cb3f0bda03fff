"""The outbox: work asked for in a transaction is done at least once, by one worker at a time."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.contracts.conftest import PATIENCE, open_database, until
from tests.support.world import StoppedClock
from watchword.kernel.chance import SystemChance
from watchword.kernel.ids import mint
from watchword.plumbing.db import outbox, pieces, queued
from watchword.plumbing.db.ports import Database
from watchword.plumbing.db.queue import Queue
from watchword.plumbing.db.statements import statement

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LEASE = timedelta(seconds=60)
LATE = NOW + timedelta(days=1)
MINUTE = timedelta(minutes=1)

ROWS = statement(
    select(
        outbox.outbox.c.id,
        outbox.outbox.c.payload,
        outbox.outbox.c.finished_at,
        outbox.outbox.c.outcome,
        outbox.outbox.c.reason,
    )
)


async def put(db: Database, label: str = "letter", **more: Any) -> UUID:
    work_id = mint(NOW, SystemChance())
    async with db.transaction() as tx:
        await outbox.put(
            tx, id=work_id, kind="mail", label=label, payload=b"sealed", now=NOW, **more
        )
    return work_id


async def settle(db: Database, *settled: pieces.Settled, now: datetime = NOW) -> int:
    return len(await outbox.settle(db, settled, now))


async def claim(db: Database, now: datetime = NOW, batch: int = 10) -> list[pieces.Work]:
    return [*await outbox.claim(db, "mail", now, LEASE, batch)]


async def test_work_is_there_once_its_transaction_commits(database: Database) -> None:
    with contextlib.suppress(LookupError):
        async with database.transaction() as tx:
            await outbox.put(
                tx, id=mint(NOW, SystemChance()), kind="mail", label="x", payload=b"", now=NOW
            )
            raise LookupError
    kept = await put(database)

    assert [work.id for work in await claim(database)] == [kept]


async def test_a_transaction_may_ask_for_very_much_work(database: Database) -> None:
    async with database.transaction() as tx:
        for number in range(4000):
            await outbox.put(
                tx,
                id=mint(NOW, SystemChance()),
                kind="mail",
                label=str(number),
                payload=b"",
                now=NOW,
            )

    assert await queued.depth(database, "mail") == 4000


async def test_claimed_work_is_nobody_elses_while_the_lease_lasts(database: Database) -> None:
    await put(database)
    (work,) = await claim(database)

    assert (work.payload, work.attempts, work.label) == (b"sealed", 1, "letter")
    assert await claim(database, NOW + LEASE - timedelta(seconds=1)) == []


async def test_a_killed_workers_work_comes_back_after_its_lease(database: Database) -> None:
    work_id = await put(database)
    await claim(database)
    (again,) = await claim(database, NOW + LEASE)

    assert (again.id, again.attempts) == (work_id, 2)


async def test_who_lost_the_lease_cannot_settle_the_work(database: Database) -> None:
    await put(database)
    (late,) = await claim(database)
    (holder,) = await claim(database, NOW + LEASE)

    assert await settle(database, pieces.finished(late, "sent")) == 0
    assert await settle(database, pieces.delayed(late, NOW, "later")) == 0
    assert await settle(database, pieces.finished(holder, "sent")) == 1
    assert await settle(database, pieces.finished(holder, "sent")) == 0


async def test_finished_work_is_never_seen_again_and_its_payload_is_wiped(
    database: Database,
) -> None:
    await put(database)
    (work,) = await claim(database)
    await settle(database, pieces.finished(work, "sent"))
    (row,) = await database.all(ROWS)

    assert (row.payload, row.finished_at, row.outcome) == (None, NOW, "sent")
    assert await claim(database, NOW + timedelta(days=9)) == []
    assert await queued.depth(database, "mail") == 0


async def test_retried_work_waits_until_it_is_due(database: Database) -> None:
    work_id = await put(database)
    (work,) = await claim(database)
    await settle(database, pieces.delayed(work, NOW + 3 * MINUTE, "421"))

    assert await claim(database, NOW + 2 * MINUTE) == []
    assert [again.id for again in await claim(database, NOW + 3 * MINUTE)] == [work_id]


async def test_the_urgent_goes_first_and_then_the_oldest(database: Database) -> None:
    labels = [("bulk", 9, 0), ("late code", 1, 2), ("notice", 5, 0), ("code", 1, 1)]
    for label, priority, seconds in labels:
        due = NOW - timedelta(minutes=1) + timedelta(seconds=seconds)
        await put(database, label, priority=priority, due_at=due)
    first = [work.label for work in await claim(database, batch=2)]
    rest = [work.label for work in await claim(database)]

    assert {*first} == {"code", "late code"}
    assert rest == ["notice", "bulk"]


async def test_a_batch_is_settled_at_once_and_each_piece_for_itself(database: Database) -> None:
    ids = [await put(database, label) for label in ("sent", "later", "untried", "dead", "lost")]
    work = {each.label: each for each in await claim(database)}
    soon = NOW + MINUTE / 2 + timedelta(microseconds=1)
    held = await outbox.settle(
        database,
        [
            pieces.finished(work["sent"], "sent"),
            pieces.delayed(work["later"], soon, "421"),
            pieces.untried(work["untried"], soon),
            pieces.dead(work["dead"], "550"),
            replace(pieces.finished(work["lost"], "sent"), work=replace(work["lost"], attempts=7)),
        ],
        NOW,
    )

    assert held == {*ids[:4]}
    rows = {row.id: row for row in await database.all(ROWS)}
    told = [(rows[each].outcome, rows[each].reason, rows[each].payload) for each in ids]
    assert told == [
        ("sent", None, None),
        (None, "421", b"sealed"),
        (None, None, b"sealed"),
        ("dead", "550", b"sealed"),
        (None, None, b"sealed"),
    ]
    assert await claim(database, soon - timedelta(microseconds=1)) == []
    again = {each.label: each.attempts for each in await claim(database, soon)}
    assert again == {"later": 2, "untried": 1}


async def test_work_that_comes_back_from_a_lost_worker_says_so_once(database: Database) -> None:
    await put(database)
    (first,) = await claim(database)
    (taken_over,) = await claim(database, NOW + LEASE)
    await settle(database, pieces.delayed(taken_over, NOW, "421"))
    (later,) = await claim(database, NOW + LEASE)

    assert [each.lapsed for each in (first, taken_over, later)] == [False, True, False]


async def test_who_may_have_a_piece_is_remembered_over_later_tries_and_lost_workers(
    database: Database,
) -> None:
    await put(database)
    (work,) = await claim(database)
    assert work.perhaps_at is None
    await settle(database, pieces.delayed(work, NOW, "no answer in time", "smtp"))
    (work,) = await claim(database)
    seen = [work.perhaps_at]
    await settle(database, pieces.delayed(work, NOW, "421"))
    (work,) = await claim(database)
    seen.append(work.perhaps_at)
    await settle(database, pieces.untried(work, NOW))
    (work,) = await claim(database)
    seen.append(work.perhaps_at)
    (work,) = await claim(database, NOW + LEASE)
    seen.append(work.perhaps_at)

    assert seen == ["smtp"] * 4


async def asked(db: Database, carrier: str, now: datetime = NOW) -> pieces.Work:
    """Claim the one piece there is, to ask this carrier."""
    (work,) = await outbox.claim(db, "mail", now, LEASE, 10, carrier)
    return work


async def test_whom_a_lost_worker_asked_may_have_the_piece(database: Database) -> None:
    await put(database)
    await asked(database, "sendgrid")
    taken_over = await asked(database, "smtp", NOW + LEASE)
    again = await asked(database, "smtp", NOW + 2 * LEASE)

    assert (taken_over.lapsed, taken_over.perhaps_at) == (True, "sendgrid")
    assert (again.lapsed, again.perhaps_at) == (True, "sendgrid")


async def test_of_several_asked_in_turn_it_is_the_last(database: Database) -> None:
    await put(database)
    work = await asked(database, "sendgrid")
    assert await outbox.ask(database, work, "smtp", NOW + LEASE)
    (taken_over,) = await claim(database, NOW + LEASE)
    assert not await outbox.ask(
        database, work, "mailgun", NOW + LEASE
    )  # by the one that was taken for lost

    assert taken_over.perhaps_at == "smtp"
    (waiting,) = await queued.kept(database, "mail", NOW, 10)
    assert (waiting.asked, waiting.perhaps_at) == (None, "smtp")


async def test_who_said_no_has_nothing(database: Database) -> None:
    await put(database)
    work = await asked(database, "sendgrid")
    await settle(database, pieces.delayed(work, NOW, "sendgrid: refused with 503"))
    work = await asked(database, "sendgrid")
    await settle(database, pieces.untried(work, NOW))

    assert (await asked(database, "smtp")).perhaps_at is None


async def test_one_piece_is_told_by_its_id(database: Database) -> None:
    work_id = await put(database)
    found = await queued.find(database, "mail", work_id, NOW)
    assert found is not None
    assert (found.id, found.state, found.due_at) == (work_id, "waiting", NOW)
    assert await queued.find(database, "text", work_id, NOW) is None
    (work,) = await claim(database)
    await settle(database, pieces.finished(work, "sent"))
    assert await queued.find(database, "mail", work_id, NOW) is None


async def test_the_dead_are_all_told_however_much_waits_before_them(database: Database) -> None:
    async with database.transaction() as tx:
        for number in range(1001):
            name = mint(NOW, SystemChance())
            early = NOW - timedelta(minutes=2)
            await outbox.put(
                tx, id=name, kind="mail", label=str(number), payload=b"x", now=early, due_at=LATE
            )
    await put(database)
    (work,) = await claim(database)
    await settle(database, pieces.dead(work, "503"))
    queue = Queue(database, StoppedClock(NOW), "mail")

    assert [each.id for each in await queue.every(dead_only=True)] == [work.id]
    assert [*await queue.dead()] == [work.id]


async def test_what_an_operator_retries_nobody_has(database: Database) -> None:
    await put(database)
    (work,) = await claim(database)
    await settle(database, pieces.delayed(work, NOW, "no answer in time", "smtp"))
    (work,) = await claim(database)
    await settle(database, pieces.dead(work, "503"))
    async with database.transaction() as tx:
        assert await queued.retry(tx, "mail", work.id, NOW)
    (again,) = await claim(database)

    assert (again.attempts, again.perhaps_at) == (1, None)


async def test_other_kinds_of_work_are_left_alone(database: Database) -> None:
    await put(database)

    assert [*await outbox.claim(database, "events", NOW, LEASE, 10)] == []


@pytest.fixture
async def workers(database_url: str) -> AsyncIterator[list[Database]]:
    """Yield four workers' views of one database."""
    opened = [open_database(database_url) for _ in range(4)]
    for each in opened:
        await each.start()
    yield [*opened]
    for each in opened:
        await each.close()


async def test_two_workers_never_get_the_same_work(workers: list[Database]) -> None:
    wanted = {await put(workers[0]) for _ in range(40)}
    seen: list[UUID] = []

    async def work(db: Database) -> None:
        while claimed := await claim(db, batch=3):
            for each in claimed:
                seen.append(each.id)
                await settle(db, pieces.finished(each, "sent"))

    await asyncio.gather(*(work(db) for db in workers))

    assert sorted(seen) == sorted(wanted)


async def test_a_worker_hears_of_work_when_it_is_committed(workers: list[Database]) -> None:
    heard = asyncio.Event()
    workers[1].changes.listen("outbox", lambda _: heard.set())
    await until(lambda: workers[1].changes.trusted(time.monotonic()))
    heard.clear()
    await put(workers[0])

    async with asyncio.timeout(PATIENCE):
        await heard.wait()


async def test_what_was_settled_long_ago_is_purged_and_nothing_else(database: Database) -> None:
    for _ in range(3):
        await put(database)
    old, recent, _ = await claim(database)
    await settle(database, pieces.finished(old, "sent"), now=NOW - timedelta(days=8))
    await settle(database, pieces.dead(recent, "550"))

    assert await outbox.purge(database, NOW - timedelta(days=7)) == 1
    assert {row.id for row in await database.all(ROWS)} >= {recent.id}
    assert await queued.depth(database, "mail") == 1
