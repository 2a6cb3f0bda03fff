"""Cleanup: what is over goes, what is not stays."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select

from tests.support.terminal import Said, Terminal
from tests.support.world import START, StoppedClock, World
from watchword.app import slices
from watchword.operations.cleanup.service import Cleanup
from watchword.plumbing.db.outbox import outbox
from watchword.plumbing.db.statements import statement
from watchword.records.guesses.store import guesses
from watchword.records.refresh_tokens.store import refresh_tokens
from watchword.records.sessions.store import sessions
from watchword.records.tickets.store import tickets


async def count(world: World, table: Table) -> int:
    row = await world.database.first(
        statement(select(func.count().label("number")).select_from(table))
    )
    return int(row.number)


async def busy_day(world: World) -> None:
    """Sign in, forget the password, guess wrongly; letters leave."""
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await client.post(world.path("/auth/forgot-password"), json={"email": "alice@example.org"})
        wrong = {"email": "alice@example.org", "password": "not this one at all"}
        await client.post(world.path("/auth/login"), json=wrong)
    await world.deliver()


TABLES = (sessions, refresh_tokens, tickets, guesses, outbox)


@pytest.mark.req("N-100")
async def test_what_is_not_over_stays(world: World) -> None:
    await busy_day(world)
    before = [await count(world, table) for table in TABLES]
    await world.part(Cleanup).run()

    assert [await count(world, table) for table in TABLES] == before
    assert min(before) > 0


@pytest.mark.req("N-100")
async def test_what_is_over_goes(world: World) -> None:
    await busy_day(world)
    world.clock.advance(timedelta(days=400))
    removed = await world.part(Cleanup).run()

    assert [await count(world, table) for table in TABLES] == [0] * len(TABLES)
    assert min(removed.tickets, removed.sessions, removed.guesses, removed.outbox) > 0


@pytest.mark.req("N-100")
async def test_links_and_codes_stay_an_hour_after_they_expired(world: World) -> None:
    await busy_day(world)
    world.clock.advance(timedelta(minutes=60 + 59))
    assert (await world.part(Cleanup).run()).tickets == 0
    world.clock.advance(timedelta(minutes=2))
    assert (await world.part(Cleanup).run()).tickets > 0


async def test_who_is_signed_in_stays_so(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        world.clock.advance(timedelta(minutes=10))
        await world.part(Cleanup).run()

        assert (await client.get(world.path("/auth/me"))).status_code == 200


async def test_what_went_is_counted(small_world: World) -> None:
    await busy_day(small_world)
    small_world.clock.advance(timedelta(days=400))
    await small_world.part(Cleanup).run()
    async with small_world.client() as client:
        metrics = (await client.get("/metrics")).text

    assert 'cleanup_deleted_total{kind="sessions"} 1.0' in metrics


async def test_the_worker_cleans_up_every_six_hours() -> None:
    jobs = [job for _, module in slices.modules("jobs") for job in module.jobs]
    (job,) = [job for job in jobs if job.name == "cleanup-auth"]

    assert job.every == timedelta(hours=6)


@pytest.mark.req("N-81", "A-52")
async def test_the_commands_print_how_much_went(
    small_world: World, sqlite_url: str, tmp_path: Path
) -> None:
    await busy_day(small_world)
    terminal = Terminal(sqlite_url, tmp_path, StoppedClock(START + timedelta(days=400)))

    async def run(*words: str) -> Said:
        return await asyncio.to_thread(terminal.run, "cleanup", *words)

    assert int((await run("otps")).out) > 0
    assert int((await run("tokens")).out) > 0
    assert int((await run("sessions")).out) > 0
    assert (await run("sessions", "--json")).json == {"removed": 0}
    assert (await run("run", "--json")).json["outbox"] > 0
