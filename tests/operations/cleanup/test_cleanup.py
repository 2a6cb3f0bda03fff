"""Cleanup: what is over goes, what is not stays."""

import asyncio
import json
import os
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Integer, LargeBinary, Table, Text, Uuid, func, insert, select

from tests.support.counting import statements
from tests.support.feedback import left, take
from tests.support.program import COMMAND, watchword
from tests.support.terminal import Said, Terminal
from tests.support.webhooks import Mailgun
from tests.support.world import START, StoppedClock, World, environment, open_world
from tests.support.worlds import Opener
from watchword.app import worker
from watchword.kernel.chance import SystemChance
from watchword.kernel.clock import SystemClock
from watchword.kernel.ids import mint
from watchword.operations.cleanup.rules import LEASE, LEASE_LASTS, Removed
from watchword.operations.cleanup.service import Cleanup
from watchword.plumbing.db import leases
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.event_outbox import event_outbox
from watchword.plumbing.db.leases import Lease
from watchword.plumbing.db.outbox import outbox
from watchword.plumbing.db.ports import Database
from watchword.plumbing.db.purging import BATCH
from watchword.plumbing.db.statements import statement
from watchword.plumbing.work.jobs import Job
from watchword.records.dispatches.store import dispatches
from watchword.records.exports.store import exports
from watchword.records.guesses.store import ENTER, guesses
from watchword.records.idempotency_keys.store import idempotency_keys
from watchword.records.receipts.store import receipts
from watchword.records.refresh_tokens.store import refresh_tokens
from watchword.records.resets.store import resets
from watchword.records.sessions.store import sessions
from watchword.records.signals.store import signals
from watchword.records.suppressions.store import suppressions
from watchword.records.tickets.store import tickets
from watchword.records.ussd_sessions.store import ussd_sessions

ANYBODY = UUID("019a0000-0000-7000-8000-00000000000a")
NIGHTLY = {"CLEANUP_CRON": "0 2 * * *"}


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
        await client.post(world.path("/me/exports"))
        await client.post(world.path("/auth/forgot-password"), json={"email": "alice@example.org"})
        wrong = {"email": "alice@example.org", "password": "not this one at all"}
        await client.post(world.path("/auth/login"), json=wrong)
    await world.deliver()


async def clean(world: World) -> Removed:
    """Delete what is over; nobody else does."""
    removed = await world.part(Cleanup).run()
    assert removed is not None
    return removed


async def work(world: World) -> None:
    """Let the worker look once whether it is time to clean up."""
    await job().run(world.house)


def job() -> Job:
    """Return the worker's job."""
    [found] = [each for each in worker.jobs() if each.name == "cleanup-auth"]
    return found


TABLES = (sessions, refresh_tokens, tickets, guesses, outbox)
OF_KIND = {
    "tickets": tickets,
    "sessions": sessions,
    "refresh_tokens": refresh_tokens,
    "guesses": guesses,
    "outbox": outbox,
    "idempotency_keys": idempotency_keys,
    "dispatches": dispatches,
    "receipts": receipts,
    "resets": resets,
    "ussd_sessions": ussd_sessions,
    "events": event_outbox,
    "signals": signals,
    "exports": exports,
}
OTHERS = len(fields(Removed)) - 1  # each of which has nothing, and is asked once


async def test_what_became_of_letters_is_forgotten_after_a_while(worlds: Opener) -> None:
    mailgun = Mailgun()
    async with worlds(**mailgun.settings, EMAIL_FEEDBACK_DAYS="10") as world:
        await left(world, "mailgun", "mg-1@mg.nova-rdv.dz")
        await take(world, mailgun.post("complained"))
        held = (dispatches, receipts, suppressions)
        assert [await count(world, table) for table in held] == [1, 2, 1]
        world.clock.advance(timedelta(days=4))
        assert (await clean(world)).receipts == 2
        assert [await count(world, table) for table in held] == [1, 0, 1]
        world.clock.advance(timedelta(days=7))
        assert (await clean(world)).dispatches == 1
        assert [await count(world, table) for table in held] == [0, 0, 1]


async def test_a_long_backlog_goes_in_batches_each_a_commit_of_its_own(world: World) -> None:
    old = world.clock.now()
    async with world.database.transaction() as tx:
        for number in range(2 * BATCH + 1):
            await tx.run(ENTER, **guess(number.to_bytes(4, "big"), old))
    world.clock.advance(timedelta(days=2))
    await world.database.run(ENTER, **guess(b"new", world.clock.now()))
    with statements(world) as ran:
        removed = await clean(world)
    assert removed.guesses == 2 * BATCH + 1
    assert await count(world, guesses) == 1
    assert ran.count("DELETE") == 3 + OTHERS


def guess(key: bytes, now: datetime) -> dict[str, object]:
    bound = {"bound": 5, "left_since": now}
    return {"key": key, "failures": 1, "locks": 0, "updated_at": now, **bound}


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
    for kind in asdict(Removed()):
        if await count(world, OF_KIND[kind]) == 0:
            await world.database.run(statement(insert(OF_KIND[kind]).values(some(OF_KIND[kind]))))
    world.clock.advance(timedelta(days=400))
    removed = asdict(await clean(world))

    assert {kind: await count(world, OF_KIND[kind]) for kind in removed} == dict.fromkeys(
        removed, 0
    )
    ended_with_their_session = {"refresh_tokens"}
    assert {kind for kind, number in removed.items() if not number} <= ended_with_their_session


def some(table: Table) -> dict[str, object]:
    """Return a row of this day, whatever the table holds."""
    values = {LargeBinary: b"some", Text: "some", Uuid: ANYBODY, Moment: START, Integer: 1}
    return {
        each.name: next(value for kind, value in values.items() if isinstance(each.type, kind))
        for each in table.columns
        if not (each.foreign_keys or each.server_default or each.name == "number")
    }


@pytest.mark.req("N-100")
async def test_links_and_codes_stay_an_hour_after_they_expired(world: World) -> None:
    await busy_day(world)
    world.clock.advance(timedelta(minutes=60 + 59))
    assert (await clean(world)).tickets == 0
    world.clock.advance(timedelta(minutes=2))
    assert (await clean(world)).tickets > 0


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


@pytest.mark.req("N-100", "K-29")
async def test_the_worker_cleans_up_at_noon_at_six_and_at_midnight(world: World) -> None:
    await work(world)  # at noon, when the world begins
    await busy_day(world)
    kept = await count(world, tickets)
    world.clock.advance(timedelta(hours=5, minutes=59))
    await work(world)
    assert await count(world, tickets) == kept
    world.clock.advance(timedelta(minutes=1))
    await work(world)
    assert await count(world, tickets) < kept


@pytest.mark.req("K-29", "D-53")
async def test_a_time_is_cleaned_up_for_once_by_whichever_process_comes_first(
    worlds: Opener,
) -> None:
    async with worlds() as one, worlds() as other:
        for hour in range(3):
            removed = [
                await each.part(Cleanup).run_when_due() is not None
                for each in ((one, other) if hour % 2 else (other, one))
            ]
            assert removed == [True, False]
            for each in (one, other):
                each.clock.advance(timedelta(hours=6))


@pytest.mark.req("K-29")
async def test_a_time_that_nobody_was_there_for_is_made_up_for(worlds: Opener) -> None:
    async with worlds(CLEANUP_CRON="0 2 * * *") as world:
        assert await world.part(Cleanup).run_when_due() is not None
        world.clock.advance(timedelta(days=3))
        assert await world.part(Cleanup).run_when_due() is not None
        assert await world.part(Cleanup).run_when_due() is None


@pytest.mark.req("K-29")
async def test_while_one_cleans_up_no_other_does_and_a_killed_one_is_waited_for_a_while(
    worlds: Opener,
) -> None:
    async with worlds() as killed, worlds() as other:
        await busy_day(killed)
        for each in (killed, other):
            each.clock.advance(timedelta(days=400))
        await hold(killed.database, killed.clock.now())
        assert await other.part(Cleanup).run() is None
        assert await other.part(Cleanup).run_when_due() is None
        assert await count(other, sessions) > 0
        other.clock.advance(LEASE_LASTS)
        assert (await clean(other)).sessions > 0


async def hold(database: Database, now: datetime) -> Lease:
    """Begin to clean up, and never end."""
    lease = Lease(LEASE, mint(now, SystemChance()))
    assert await leases.take(database, lease, now, LEASE_LASTS)
    return lease


@pytest.mark.req("K-29")
async def test_by_hand_it_says_that_another_runs_and_ends_with_75(
    database_url: str, tmp_path: Path
) -> None:
    async def command(name: str) -> tuple[int, str]:
        terminal = Terminal(database_url, tmp_path, clock=SystemClock())
        said = await asyncio.to_thread(terminal.run, "cleanup", name)
        return said.code, said.err

    async with open_world(database_url, tmp_path) as world:
        lease = await hold(world.database, SystemClock().now())
        for name in ("run", "otps"):
            code, said = await command(name)
            assert code == 75
            assert "Another cleanup runs just now" in said
        await leases.give_back(world.database, lease)
        assert (await command("run"))[0] == 0
        long_ago = SystemClock().now() - LEASE_LASTS
        await hold(world.database, long_ago)
        assert (await command("run"))[0] == 0


@pytest.mark.req("K-29")
@pytest.mark.needs("postgres")
async def test_a_process_that_is_killed_while_it_cleans_up_keeps_the_others_out_for_minutes_only(
    postgres_url: str, tmp_path: Path
) -> None:
    command = (str(COMMAND), "cleanup", "run")
    environ = {"PATH": os.environ["PATH"], **environment(postgres_url)}
    quiet = {"stdout": DEVNULL, "stderr": DEVNULL, "env": environ, "cwd": tmp_path}
    async with open_world(postgres_url, tmp_path) as world:
        locker = await asyncpg.connect(postgres_url)
        await locker.execute("BEGIN; LOCK TABLE auth.tickets")  # nobody gets on from here
        killed = await asyncio.create_subprocess_exec(*command, **quiet)
        async with asyncio.timeout(60):
            while await count(world, leases.leases) == 0:
                await asyncio.sleep(0.02)
        second = await asyncio.create_subprocess_exec(*command, **quiet)
        assert await second.wait() == 75
        killed.kill()
        await killed.wait()
        await locker.close()
        third = await asyncio.create_subprocess_exec(*command, **quiet)
        assert await third.wait() == 75
        world.clock.advance(SystemClock().now() + LEASE_LASTS - world.clock.now())
        assert await world.part(Cleanup).run() is not None


@pytest.mark.req("N-100", "A-52")
@pytest.mark.parametrize(
    ("given", "line", "time"), [({}, "0 */6 * * *", ":00Z"), (NIGHTLY, "0 2 * * *", "T02:00Z")]
)
def test_the_jobs_are_listed_with_their_times(
    tmp_path: Path, given: dict[str, str], line: str, time: str
) -> None:
    environ = environment(f"sqlite:///{tmp_path}/w.db", **given)
    told = watchword("worker", "--list", "--json", cwd=tmp_path, environ=environ)
    listed = {each["name"]: each for each in json.loads(told.stdout)}
    assert listed["cleanup-auth"]["when"] == line
    assert listed["cleanup-auth"]["next"].endswith(time)
    assert listed["deliveries"]["when"] == "every 1 s"


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


@pytest.mark.req("A-08")
async def test_an_expired_link_is_gone_after_one_round_of_the_worker(world: World) -> None:
    await busy_day(world)
    assert await count(world, tickets) > 0
    world.clock.advance(timedelta(days=3))
    await work(world)
    assert await count(world, tickets) == 0
