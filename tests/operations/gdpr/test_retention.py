"""Retention: what was kept long enough goes, and exactly that."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.facts import facts
from tests.support.markdown import ROOT
from tests.support.world import START, World
from tests.support.worlds import Opener
from watchword.kernel.times import months_before
from watchword.operations.gdpr.jobs import jobs
from watchword.operations.gdpr.rules import Overdue, bounds
from watchword.operations.gdpr.service import Gdpr, Retention
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.statements import statement
from watchword.plumbing.ports import Eraser
from watchword.plumbing.settings import RetentionSettings
from watchword.records.consents.store import consents
from watchword.records.erasures.service import Erasures
from watchword.records.subscribers.rules import SubscriberId
from watchword.records.subscribers.store import users

CLINIC = {"RETENTION_ACCOUNT_YEARS": "20"}
CONSENTS = "/api/v1/me/consents"
YEAR = timedelta(days=366)


async def rows(world: World, table: Any) -> list[Any]:
    return list(await world.database.all(statement(select(table))))


async def consented(world: World, email: str, *, withdrawn: bool) -> None:
    """Let somebody allow two purposes, and withdraw one of them."""
    await world.subscriber(email)
    async with world.client() as client:
        await world.sign_in(client, email)
        for purpose in ("marketing", "transactional"):
            await client.post(CONSENTS, json={"purpose": purpose})
        if withdrawn:
            await client.post(f"{CONSENTS}/withdraw", json={"purpose": "marketing"})


@pytest.mark.parametrize(
    ("now", "months", "then"),
    [
        ((2026, 3, 31), 13, (2025, 2, 28)),
        ((2024, 2, 29), 12, (2023, 2, 28)),
        ((2026, 1, 15), 240, (2006, 1, 15)),
        ((2026, 12, 1), 12, (2025, 12, 1)),
    ],
)
def test_months_are_those_of_the_calendar(
    now: tuple[int, int, int], months: int, then: tuple[int, int, int]
) -> None:
    assert months_before(datetime(*now, tzinfo=UTC), months) == datetime(*then, tzinfo=UTC)


def test_without_years_no_account_is_too_old() -> None:
    assert bounds(RetentionSettings(), START).accounts is None


@pytest.mark.req("N-60")
async def test_a_withdrawn_consent_goes_after_three_years_and_others_stay(world: World) -> None:
    await consented(world, "alice@example.org", withdrawn=True)
    await consented(world, "bob@example.org", withdrawn=False)
    retention = world.part(Retention)
    early = START + 3 * YEAR - timedelta(days=4)
    late = START + 3 * YEAR
    assert (await retention.look(early)).consents == 0
    assert (await retention.look(late)).consents == 2
    assert await retention.run(early) is not None
    assert len(await rows(world, consents)) == 5
    gone = await retention.run(late)
    assert gone is not None
    assert gone.consents == 2
    left = [(each.purpose, each.deed) for each in await rows(world, consents)]
    assert sorted(left) == [
        ("marketing", "granted"),
        ("transactional", "granted"),
        ("transactional", "granted"),
    ]


@pytest.mark.req("N-60")
async def test_facts_forget_where_they_came_from_after_thirteen_months(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        world.clock.advance(timedelta(days=31))
        await world.sign_in(client)
    retention = world.part(Retention)
    over = months_before(START, -13) + timedelta(seconds=1)
    assert (await retention.look(over)).navigation == 1
    gone = await retention.run(over)
    assert gone is not None
    assert gone.navigation == 1
    told = [each for each in await rows(world, journal) if each.type == "id.session.created"]
    assert sorted(each.address or "" for each in told) == ["", "203.0.113.7"]
    [ran] = await facts(world, "retention.run")
    assert ran.facts["navigation"] == 1
    assert ran.facts["navigation_before"].startswith("2026-03-01T12:00:01")


@pytest.mark.req("N-60")
async def test_of_an_account_that_is_held_nothing_goes(world: World) -> None:
    await consented(world, "alice@example.org", withdrawn=True)
    await consented(world, "bob@example.org", withdrawn=True)
    [alice] = [each for each in await rows(world, users) if each.email == "alice@example.org"]
    async with world.database.transaction() as tx:
        await world.part(Erasures).hold(tx, SubscriberId(alice.id), "case 7/2026", START)
    late = START + 4 * YEAR
    gone = await world.part(Retention).run(late)
    assert gone is not None
    assert gone.consents == 2
    acts = [act for act in await rows(world, consents) if act.user_id == alice.id]
    assert [(act.purpose, act.deed) for act in acts].count(("marketing", "withdrawn")) == 1
    told = [each for each in await rows(world, journal) if each.type == "id.session.created"]
    assert {each.user_id == alice.id: bool(each.address) for each in told} == {
        True: True,
        False: False,
    }


@pytest.mark.req("N-60")
async def test_an_account_whose_owner_came_back_meanwhile_stays(worlds: Opener) -> None:
    async with worlds(**CLINIC) as world:
        alice = await world.subscriber()
        bob = await world.subscriber("bob@example.org")
        world.clock.advance(21 * YEAR)
        over = bounds(world.part(RetentionSettings), world.clock.now()).accounts
        assert over is not None
        async with world.client() as client:
            await world.sign_in(client)
            eraser = world.part(Eraser)
            went = [await eraser.erase_unused(each.id, over, "retention") for each in (alice, bob)]
            assert went == [False, True]
            assert (await client.get("/api/v1/auth/me")).status_code == 200


@pytest.mark.req("N-60")
async def test_an_account_goes_twenty_years_after_it_was_last_used(worlds: Opener) -> None:
    async with worlds(**CLINIC) as world:
        alice = await world.subscriber()
        used = await world.subscriber("bob@example.org")
        admin = await world.subscriber("root@example.com", role="admin")
        world.clock.advance(YEAR)
        async with world.client() as client:
            await world.sign_in(client, "bob@example.org")
        retention, late = world.part(Retention), START.replace(year=2046) + timedelta(days=1)
        assert (await retention.look(START.replace(year=2046))).accounts == 0
        assert (await retention.look(late)).accounts == 1
        gone = await retention.run(late)
        assert gone is not None
        assert gone.accounts == 1
        stood = {each.id: each.status for each in await rows(world, users)}
    assert stood == {alice.id: "erased", used.id: "active", admin.id: "active"}


async def test_a_held_account_stays_however_old(worlds: Opener) -> None:
    async with worlds(**CLINIC) as world:
        alice = await world.subscriber()
        assert await world.part(Gdpr).hold(alice.id, "case 7")
        late = START.replace(year=2047)
        assert await world.part(Retention).look(late) == Overdue()
        await world.part(Retention).run(late)
        assert (await rows(world, users))[0].status == "active"
        assert await world.part(Gdpr).release(alice.id)
        assert (await world.part(Retention).look(late)).accounts == 1


async def test_the_worker_does_it_once_for_each_time(world: World) -> None:
    [job] = jobs
    for _ in range(2):
        await job.run(world.house)
    assert len(await facts(world, "retention.run")) == 1
    world.clock.advance(timedelta(days=1))
    await job.run(world.house)
    assert len(await facts(world, "retention.run")) == 2


@pytest.mark.req("N-47", "K-28")
async def test_the_report_tells_purpose_basis_retention_and_last_run_of_each_class(
    world: World,
) -> None:
    await world.subscriber()
    await world.part(Retention).run(START)
    lines = {each.data: each for each in await world.part(Gdpr).report()}
    assert set(lines) >= {"accounts", "navigation", "consents", "activity", "messages"}
    for line in lines.values():
        assert line.purpose
        assert "art. 6" in line.basis
        assert line.retention
        assert line.last_run == "2026-03-01 12:00 UTC"
    assert lines["consents"].retention == "3 years after withdrawal"
    assert lines["navigation"].retention == "13 months"
    assert lines["accounts"].rows == 2
    register = (ROOT / "docs/privacy/register.md").read_text("utf-8")
    assert [name for name in lines if f"\n| {name} |" not in register] == []
    assert {"linked sign-ins", "former addresses"} <= set(lines)


async def test_tombstones_erase_anew_what_a_backup_brought_back(worlds: Opener) -> None:
    async with worlds() as world:
        alice = await world.subscriber()
        line = {
            "receipt": str(alice.id),
            "user_id": str(alice.id),
            "erased_at": START.isoformat(),
        }
        gdpr = world.part(Gdpr)
        assert await gdpr.replay([line]) == 1
        assert await gdpr.replay([line, line]) == 0
        assert [each.id async for each in gdpr.tombstones()] == [alice.id]
        assert (await rows(world, users))[0].status == "erased"
