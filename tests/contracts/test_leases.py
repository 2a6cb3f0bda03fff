"""Leases: one holder at a time over all processes, and a dead one's lease ends by itself."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.contracts.conftest import open_database
from watchword.kernel.chance import SystemChance
from watchword.kernel.ids import mint
from watchword.plumbing.db import leases
from watchword.plumbing.db.leases import Lease
from watchword.plumbing.db.ports import Database

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    """Yield another process' view of the same database."""
    opened = open_database(database_url)
    await opened.start()
    yield opened
    await opened.close()


def somebody(name: str = "cleanup") -> Lease:
    """Return what a new process asks for."""
    return Lease(name, mint(NOW, SystemChance()))


async def test_what_one_holds_no_other_gets_until_it_is_given_back(
    database: Database, other: Database
) -> None:
    mine = somebody()
    assert await leases.take(database, mine, NOW, MINUTE)
    assert not await leases.take(other, somebody(), NOW, MINUTE)
    assert await leases.take(other, somebody("something else"), NOW, MINUTE)
    await leases.give_back(database, mine)
    assert await leases.take(other, somebody(), NOW, MINUTE)


async def test_a_killed_holders_lease_ends_by_itself(database: Database, other: Database) -> None:
    assert await leases.take(database, somebody(), NOW, MINUTE)
    assert not await leases.take(other, somebody(), NOW + MINUTE - timedelta(seconds=1), MINUTE)
    assert await leases.take(other, somebody(), NOW + MINUTE, MINUTE)


async def test_who_lost_the_lease_cannot_give_it_away(database: Database, other: Database) -> None:
    late = somebody()
    await leases.take(database, late, NOW, MINUTE)
    await leases.take(other, somebody(), NOW + MINUTE, MINUTE)
    await leases.give_back(database, late)

    assert not await leases.take(database, somebody(), NOW + MINUTE, MINUTE)


async def test_of_many_who_come_at_once_one_gets_it(database: Database, other: Database) -> None:
    takers = [leases.take(each, somebody(), NOW, MINUTE) for each in (database, other) * 10]

    assert sum(await asyncio.gather(*takers)) == 1


async def test_what_is_due_is_taken_once_for_each_time(database: Database, other: Database) -> None:
    async def done(database: Database, due: datetime) -> bool:
        lease = somebody()
        async with leases.alone(database, lease, NOW + MINUTE, MINUTE, due) as ours:
            return ours

    assert await done(database, NOW)
    assert not await done(other, NOW)
    assert not await done(other, NOW - MINUTE)
    assert await done(other, NOW + MINUTE)


async def test_what_failed_or_was_killed_is_due_still(database: Database, other: Database) -> None:
    with pytest.raises(LookupError):
        async with leases.alone(database, somebody(), NOW, MINUTE, NOW) as ours:
            assert ours
            raise LookupError
    assert await leases.take(database, somebody(), NOW, MINUTE, NOW)  # and is killed

    async with leases.alone(other, somebody(), NOW + MINUTE, MINUTE, NOW) as ours:
        assert ours
    assert not await leases.take(database, somebody(), NOW + MINUTE, MINUTE, NOW)


async def test_a_clock_that_was_a_month_ahead_stops_nobody_once_it_is_right(
    database: Database, other: Database
) -> None:
    ahead = NOW + timedelta(days=30)
    async with leases.alone(database, somebody(), ahead, MINUTE, ahead) as ours:
        assert ours
    assert await leases.take(database, somebody("held"), ahead, MINUTE)

    assert await leases.take(other, somebody("held"), NOW, MINUTE)
    async with leases.alone(other, somebody(), NOW, MINUTE, NOW) as ours:
        assert ours
    assert not await leases.take(other, somebody(), NOW, MINUTE, NOW)


async def test_what_is_done_at_once_is_still_due_later(database: Database) -> None:
    by_hand = somebody()
    assert await leases.take(database, by_hand, NOW, MINUTE)
    await leases.give_back(database, by_hand)

    assert await leases.take(database, somebody(), NOW, MINUTE, NOW)
