"""Rows of the journal get their places in the chain: all of them, once, in the order of their commits."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tests.support.canaries import metrics_of
from tests.support.facts import facts
from tests.support.tampering import tamper, unguard
from tests.support.world import START, World, open_world
from tests.support.worlds import Opener
from watchword.kernel.ids import DEFAULT_TENANT
from watchword.operations.audit.service import Auditor
from watchword.operations.metrics.service import Gauges
from watchword.plumbing.chain.links import beginning
from watchword.plumbing.db import leases
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.leases import Lease
from watchword.plumbing.db.statements import statement
from watchword.records.audit.rules import BATCH, EVERY
from watchword.records.audit.service import LEASE, LEASE_LASTS, Chain
from watchword.records.audit.store import audit_chain, audit_checkpoints, audit_waiting
from watchword.records.subscribers.rules import EmailVerified, UserUpdated

ALICE = UUID("019a0000-0000-7000-8000-00000000000a")
LINKS = statement(
    select(audit_chain.c.position, audit_chain.c.journal_id).order_by(audit_chain.c.position)
)
WAITING = statement(select(func.count().label("number")).select_from(audit_waiting))
CHECKPOINTS = statement(select(audit_checkpoints).order_by(audit_checkpoints.c.number))


async def happen(world: World, number: int = 1) -> None:
    """Let something happen so many times."""
    async with world.database.transaction() as tx:
        for _ in range(number):
            fact = EmailVerified(user_id=ALICE)
            await world.part(Journal).record(tx, fact, world.clock.now())


async def positions(world: World) -> list[int]:
    """Return the positions of the chain."""
    return [row.position for row in await world.database.all(LINKS)]


async def waiting(world: World) -> int:
    """Return how many rows wait for a place."""
    row: Any = await world.database.first(WAITING)
    return int(row.number)


async def test_every_row_gets_the_next_position_and_then_nothing_waits(world: World) -> None:
    assert (await world.part(Chain).head(world.database)) == beginning(DEFAULT_TENANT)
    await happen(world, 3)
    assert await waiting(world) == 3
    assert await world.part(Chain).link() == 3
    await happen(world)
    assert await world.part(Chain).link() == 1
    assert await world.part(Chain).link() == 0
    assert await positions(world) == [1, 2, 3, 4]
    assert await waiting(world) == 0


async def test_a_row_that_was_rolled_back_leaves_no_gap(world: World) -> None:
    class Regret(Exception): ...

    async def regret() -> None:
        async with world.database.transaction() as tx:
            fact = EmailVerified(user_id=ALICE)
            await world.part(Journal).record(tx, fact, world.clock.now())
            raise Regret

    await happen(world)
    with pytest.raises(Regret):
        await regret()
    await happen(world)
    await world.part(Chain).link()
    assert await positions(world) == [1, 2]


@pytest.mark.needs("postgres")
async def test_a_transaction_that_began_first_and_ended_last_is_not_passed_over(
    postgres_url: str, tmp_path: Path
) -> None:
    async with open_world(postgres_url, tmp_path) as world:
        journal = world.part(Journal)
        async with world.database.transaction() as slow:
            await slow.run(statement(select(func.now())))
            await journal.record(slow, UserUpdated(user_id=ALICE, fields="name"), START)
            await happen(world)
            assert await world.part(Chain).link() == 1
        assert await world.part(Chain).link() == 1
        types = [row.facts for row in await facts(world, "id.user.updated")]
        report = await world.part(Auditor).verify([], lambda _done, _total: None)
    assert (len(types), report.rows, report.faults) == (1, 2, [])


async def test_more_than_a_batch_is_linked_in_one_go(world: World) -> None:
    await happen(world, BATCH + 5)
    assert await world.part(Chain).link() == BATCH + 5
    assert (await world.part(Chain).head(world.database)).position == BATCH + 5


async def test_two_workers_at_once_link_each_row_once(world: World) -> None:
    await happen(world, 50)
    chain = world.part(Chain)
    done = await asyncio.gather(*(chain.link() for _ in range(4)))
    await chain.link()
    assert sum(done) <= 50
    assert await positions(world) == list(range(1, 51))


async def test_while_another_process_links_nobody_else_does_until_its_lease_ends(
    world: World,
) -> None:
    await happen(world)
    lease, now = Lease(LEASE, UUID(int=7)), world.clock.now()
    assert await leases.take(world.database, lease, now, LEASE_LASTS)
    assert await world.part(Chain).link() == 0
    assert await world.part(Chain).checkpoint() is None
    world.clock.advance(LEASE_LASTS + timedelta(seconds=1))
    assert await world.part(Chain).link() == 1


async def test_the_head_is_signed_once_and_said_in_the_log_whatever_its_level(
    worlds: Opener,
) -> None:
    async with worlds(LOG_LEVEL="error") as world:
        await happen(world, 2)
        await world.part(Chain).link()
        made = await world.part(Chain).checkpoint()
        again = await world.part(Chain).checkpoint()
        world.clock.advance(EVERY)
        await happen(world)
        await world.part(Chain).link()
        later = await world.part(Chain).checkpoint()
        assert made is not None
        assert later is not None
        assert (made.head.position, again, later.head.position) == (2, None, 3)
        said = [line for line in world.log.getvalue().splitlines() if "AUDIT CHECKPOINT" in line]
        kept = await world.database.all(CHECKPOINTS)
    assert len(said) == len(kept) == 2
    assert made.signature.hex() in said[0]


async def test_a_row_that_a_stranger_spoiled_holds_nobody_up(world: World) -> None:
    await happen(world, 2)
    await unguard(world)
    spoiled = "[1]" if world.database.dialect == "postgresql" else "no JSON at all"
    await tamper(world, f"UPDATE journal SET facts = '{spoiled}'")
    assert await world.part(Chain).link() == 2
    assert await waiting(world) == 0


async def test_what_the_database_was_told_to_link_twice_is_linked_once(world: World) -> None:
    await happen(world)
    await tamper(
        world, "INSERT INTO audit_waiting (journal_id) SELECT journal_id FROM audit_waiting"
    )
    await world.part(Chain).link()
    await happen(world)
    await tamper(world, "INSERT INTO audit_waiting (journal_id) SELECT journal_id FROM audit_chain")
    await world.part(Chain).link()
    assert await positions(world) == [1, 2]
    assert await waiting(world) == 0


async def test_a_process_that_saw_more_of_the_chain_than_there_is_says_so_loudly(
    world: World,
) -> None:
    await happen(world, 3)
    await world.part(Chain).link()
    await unguard(world)
    await tamper(world, "DELETE FROM audit_chain WHERE position > 1")
    await tamper(world, "INSERT INTO audit_waiting (journal_id) SELECT id FROM journal LIMIT 1")
    await happen(world)
    await world.part(Chain).link()
    [cut] = await facts(world, "audit.chain_cut")
    assert cut.facts == {"position": 1}
    assert '"message":"SECURITY_EVENT"' in world.log.getvalue()


async def test_the_metrics_tell_how_many_rows_wait(small_world: World) -> None:
    gauges = small_world.house.part(Gauges)
    await happen(small_world, 3)
    await gauges.look()
    assert "audit_waiting_rows 3.0" in metrics_of(small_world.house)
    await small_world.part(Chain).link()
    await gauges.look()
    assert "audit_waiting_rows 0.0" in metrics_of(small_world.house)
