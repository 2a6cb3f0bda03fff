"""`watchword audit verify` believes a row only what can be true, though it is linked as it came.

Whoever has the service's own rights on the database can add rows and take origins out, and no more.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.facts import facts
from tests.support.tampering import let_delete, tamper
from tests.support.trail import ALICE, SCRUB, found, happen, put_in, verified
from tests.support.world import START, World
from watchword.kernel.problems import InputInvalid
from watchword.kernel.times import months_before
from watchword.operations.audit.rules import FaultKind
from watchword.operations.gdpr.service import Retention
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.ports import Eraser
from watchword.plumbing.settings import ServerSettings
from watchword.plumbing.settings.server import PRODUCTION
from watchword.records.audit.rules import BEHIND
from watchword.records.audit.service import Chain
from watchword.records.erasures.rules import OPERATOR
from watchword.records.subscribers.rules import EmailVerified, UserErased

LONG_AGO = START - timedelta(days=200)
TO_COME = START + timedelta(days=200)
SOON = START + timedelta(hours=1)
BARE = (FaultKind.ORIGIN, 2)


@pytest.mark.req("D-63")
@pytest.mark.parametrize(
    ("at", "minted"),
    [(LONG_AGO, LONG_AGO), (TO_COME, TO_COME), (LONG_AGO, START), (START, LONG_AGO)],
    ids=["of long ago", "to come", "dated back", "of an older id"],
)
async def test_a_row_of_another_time_than_its_neighbours_is_named_and_no_other(
    world: World, at: datetime, minted: datetime
) -> None:
    await happen(world, 3)
    await put_in(world, "id.login.failed", at, user_id=ALICE, minted=minted)
    await happen(world, 3)
    assert await found(world) == [(FaultKind.MISDATED, 4)]


async def test_a_worker_that_was_away_for_days_and_a_slow_transaction_are_no_faults(
    world: World,
) -> None:
    await happen(world)
    for _ in range(50):
        world.clock.advance(timedelta(hours=1))
        await world.part(Journal).note(
            world.database, EmailVerified(user_id=ALICE), world.clock.now()
        )
    begun = world.clock.now() - BEHIND
    await world.part(Journal).note(world.database, EmailVerified(user_id=ALICE), begun)
    await happen(world)
    await world.part(Chain).checkpoint()
    assert await found(world) == []


@pytest.mark.parametrize(
    ("before", "months"),
    [("2099-01-01T00:00:00+00:00", 13), (SOON.isoformat(), 13), (SOON.isoformat(), 1)],
    ids=["of another century", "too early", "with a retention of its own"],
)
async def test_a_run_of_retention_excuses_only_what_was_kept_as_long_as_it_says(
    world: World, before: str, months: int
) -> None:
    await happen(world, 2)
    said = {"navigation_before": before, "navigation_months": months}
    await put_in(world, "retention.run", world.clock.now(), said)
    await tamper(world, SCRUB)
    assert await found(world) == [BARE]


async def test_what_retention_let_go_in_its_time_is_no_fault(world: World) -> None:
    await happen(world, 2)
    world.clock.advance(timedelta(days=400))
    await world.part(Retention).run(world.clock.now())
    await happen(world)
    await world.part(Chain).checkpoint()
    report = await verified(world)
    assert (report.without_origin, report.faults, report.remarks) == (2, [], [])


async def test_a_retention_shorter_than_ours_is_remarked(world: World) -> None:
    await happen(world, 2)
    world.clock.advance(timedelta(days=40))
    now = world.clock.now()
    said = {"navigation_before": months_before(now, 1).isoformat(), "navigation_months": 1}
    await tamper(world, SCRUB)
    await put_in(world, "retention.run", now, said)
    await world.part(Chain).checkpoint()
    report = await verified(world)
    assert report.faults == []
    assert [remark for remark in report.remarks if "kept origins for 1 months" in remark]


async def test_retention_of_a_moment_to_come_is_tried_where_nobody_is_and_told_as_what_it_was(
    world: World,
) -> None:
    await happen(world, 2)
    retention = world.part(Retention)
    late = world.clock.now() + timedelta(days=7000)
    served = replace(world.part(ServerSettings), environment=PRODUCTION)
    with pytest.raises(InputInvalid):
        await replace(retention, server=served).run(late)
    assert (await replace(retention, server=served).look(late)).navigation == 2
    await retention.run(late)
    await world.part(Chain).link()
    report = await verified(world)
    assert [(each.kind, each.position) for each in report.faults] == [BARE]
    assert "is believed up to 2025-02-01" in report.remarks[0]


async def test_the_word_that_somebody_was_erased_is_believed_when_they_are(world: World) -> None:
    alice = await world.subscriber()
    await happen(world, 2, user_id=alice.id)
    await tamper(world, SCRUB)
    await put_in(world, UserErased.type, world.clock.now(), {"by": "owner"}, user_id=alice.id)
    assert await found(world) == [BARE]
    await world.part(Eraser).erase(alice.id, OPERATOR)
    await world.part(Chain).link()
    assert await found(world) == []


async def test_an_erasure_excuses_no_row_of_others_and_none_of_later(world: World) -> None:
    alice = await world.subscriber()
    await happen(world, 2, user_id=alice.id)
    await world.part(Eraser).erase(alice.id, OPERATOR)
    await happen(world)
    last = (await verified(world)).head
    await tamper(world, SCRUB)
    assert await found(world) == [(FaultKind.ORIGIN, last)]
    world.clock.advance(2 * BEHIND)
    await happen(world, user_id=alice.id)
    await world.part(Chain).checkpoint()
    await tamper(world, SCRUB)
    assert set(await found(world)) == {(FaultKind.ORIGIN, last), (FaultKind.ORIGIN, last + 1)}


async def test_an_erasure_that_waits_for_its_link_counts(world: World) -> None:
    alice = await world.subscriber()
    await happen(world, 2, user_id=alice.id)
    await world.part(Eraser).erase(alice.id, OPERATOR)
    report = await verified(world)
    assert (report.without_origin, report.faults) == (2, [])
    assert report.remarks == [f"{report.waiting} rows wait for their links."]
    assert report.waiting


@pytest.mark.req("D-63")
async def test_a_cut_that_the_service_saw_itself_is_a_fault_for_ever(world: World) -> None:
    await happen(world, 4)
    await let_delete(world)
    newest = "(SELECT journal_id FROM audit_chain WHERE position = 4)"
    await tamper(world, f"DELETE FROM journal WHERE id = {newest}")
    await tamper(world, "DELETE FROM audit_chain WHERE position = 4")
    assert await found(world) == []
    await world.part(Chain).checkpoint()
    [cut] = await facts(world, "audit.chain_cut")
    assert cut.facts == {"position": 3}
    assert await found(world) == [(FaultKind.CUT, 3)]
    await world.part(Journal).note(world.database, EmailVerified(user_id=ALICE), world.clock.now())
    await world.part(Chain).checkpoint()
    assert (FaultKind.CUT, 3) in await found(world)
    assert len(await facts(world, "audit.chain_cut")) == 1


NONSENSE: dict[str, Any] = {
    "no moment": {"navigation_before": "nonsense"},
    "a number": {"navigation_before": 7},
    "no zone": {"navigation_before": "2026-01-01T00:00:00"},
    "nothing": {},
    "months of words": {"navigation_before": START.isoformat(), "navigation_months": "x"},
    "without months": {"navigation_before": START.isoformat()},
    "no months": {"navigation_before": START.isoformat(), "navigation_months": 0},
    "a list": [1],
    "a word": "retention",
    "a bottomless pit": None,
}


def _pit() -> Any:
    pit: Any = []
    for _ in range(900):
        pit = [pit]
    return pit


@pytest.mark.parametrize("name", NONSENSE)
async def test_a_row_that_says_nonsense_is_named(world: World, name: str) -> None:
    await happen(world, 2)
    said = NONSENSE[name] if NONSENSE[name] is not None else _pit()
    await put_in(world, "retention.run", world.clock.now(), said)
    await happen(world)
    assert await found(world) == [(FaultKind.NONSENSE, 3)]
