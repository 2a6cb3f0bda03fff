"""Out of a database that is written to, and back into one: on SQLite and on PostgreSQL."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import pytest
from sqlalchemy import func, select

from tests.support.backups import Keys, create, restore, settings, verify
from tests.support.services.postgres import Postgres
from tests.support.world import World, environment, open_world
from watchword.app.backing import open_kit
from watchword.app.settings import read
from watchword.kernel.ids import DEFAULT_TENANT
from watchword.migrations import migrate
from watchword.migrations.known import HERE
from watchword.operations.backup.service import Kit
from watchword.plumbing.db.statements import statement
from watchword.records.subscribers.store import users

PEOPLE = statement(select(func.count().label("number")).select_from(users))
ROUNDS = int(os.environ.get("ROUNDS", "1"))


async def people(world: World) -> int:
    row = await world.database.first(PEOPLE)
    return int(row.number)


async def write(world: World, turn: int, stop: asyncio.Event) -> int:
    """Add one account after the other, until told to stop; return how many."""
    made = 0
    while not stop.is_set():
        await world.subscriber(f"u{turn}-{made}@example.org", password=None)
        made += 1
        await asyncio.sleep(0)
    return made


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def scratch(request: pytest.FixtureRequest, database_url: str) -> Iterator[dict[str, str]]:
    """Yield where to restore into and look: PostgreSQL wants an empty database for it."""
    if database_url.startswith("sqlite"):
        yield {}
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    name = next(request.getfixturevalue("postgres_names"))
    yield {"BACKUP_SCRATCH_URL": server.create_database(name)}
    server.drop_database(name)


@pytest.mark.req("N-104", "N-105", "D-29", "K-48")
async def test_a_backup_of_a_busy_database_is_verified_and_restored(
    database_url: str, tmp_path: Path, keys: Keys, scratch: dict[str, str]
) -> None:
    given = settings(tmp_path, keys, **scratch)
    number = 0
    for turn in range(ROUNDS):
        async with open_world(database_url, tmp_path, **given) as world:
            world.clock.advance(timedelta(minutes=turn))
            stop = asyncio.Event()
            writing = asyncio.create_task(write(world, turn, stop))
            while await people(world) < number + 3:
                await asyncio.sleep(0.01)
            manifest = await create(world)
            stop.set()
            made = await writing
            assert number + 3 <= manifest.rows["users"] <= number + made
            verdict = await verify(world, keys)
            assert verdict.faults == []
            kit = world.part(Kit)
        done = await restore(kit, keys, force=True)
        assert done.name == manifest.id
        async with open_world(database_url, tmp_path, **given) as world:
            number = await people(world)
            assert number == manifest.rows["users"]


@pytest.mark.req("D-28")
async def test_a_role_that_reads_everything_dumps_what_the_one_that_serves_may_not(
    postgres_url: str, postgres_server: Postgres, tmp_path: Path, keys: Keys
) -> None:
    parts = urlsplit(postgres_url)
    role, password = f"backup_{parts.path[1:]}", "a password: with 'signs' and \\"
    postgres_server.execute(
        f"CREATE ROLE {role} LOGIN BYPASSRLS PASSWORD $word${password}$word$",
        f"GRANT pg_read_all_data TO {role}",
    )
    where = parts.netloc.rpartition("@")[2]
    url = urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{where}"))
    try:
        given = settings(tmp_path, keys, BACKUP_DATABASE_URL=url)
        async with open_world(postgres_url, tmp_path, **given) as world:
            await world.subscriber()
            manifest = await create(world)
            kit = world.part(Kit)
        assert manifest.rows["users"] == 1
        await restore(kit, keys, force=True)
        async with open_world(postgres_url, tmp_path, **given) as world:
            assert await people(world) == 1
    finally:
        postgres_server.execute(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


async def test_views_of_other_systems_show_what_was_restored(
    postgres_url: str, tmp_path: Path, keys: Keys
) -> None:
    async with open_world(postgres_url, tmp_path, **settings(tmp_path, keys)) as world:
        await world.subscriber()
        await create(world)
        await world.subscriber("bob@example.org")
        kit = world.part(Kit)
    kept = (await restore(kit, keys, force=True)).kept
    connection = await asyncpg.connect(
        postgres_url, server_settings={"watchword.tenant": str(DEFAULT_TENANT)}
    )
    assert await connection.fetchval("SELECT count(*) FROM auth.patients") == 1
    assert await connection.fetchval("SELECT max(action) FROM audit.audit_log") == "backup.restored"
    former = "SELECT count(*) FROM auth_before_20260301_120000_000000.patients"
    assert await connection.fetchval(former) == 2
    await connection.close()
    assert (
        kept
        == "the schemas auth_before_20260301_120000_000000 and audit_before_20260301_120000_000000"
    )


@pytest.mark.req("N-104", "R-66")
async def test_on_an_empty_database_the_rows_are_those_of_the_manifest(
    database_url: str, tmp_path: Path, keys: Keys, scratch: dict[str, str]
) -> None:
    given = settings(tmp_path, keys)
    async with open_world(database_url, tmp_path, **given) as world:
        await world.subscriber()
        manifest = await create(world)
    empty = scratch.get("BACKUP_SCRATCH_URL", f"sqlite:///{tmp_path}/elsewhere/watchword.db")
    there = read(environment(empty, **given), cwd=tmp_path)
    async with open_kit(there, world.clock) as kit:
        done = await restore(kit, keys, "2026-03-01")
        found = await kit.dumps.look()
    assert (done.name, done.kept) == (manifest.id, None)
    added = {"journal": 1, "audit_waiting": 1}  # that it was restored
    assert found.rows == {
        table: number + added.get(table, 0) for table, number in manifest.rows.items()
    }


async def test_an_older_schema_is_brought_to_this_program_s(tmp_path: Path, keys: Keys) -> None:
    older, url = tmp_path / "older", f"sqlite:///{tmp_path}/watchword.db"
    shutil.copytree(HERE / "before", older / "before")
    *_, newest = sorted((older / "before").glob("0*.py"))
    newest.unlink()
    await migrate.up(url, home=older)
    async with open_world(url, tmp_path, **settings(tmp_path, keys)) as world:
        await create(world)
        assert (await verify(world, keys)).faults == []
        kit = world.part(Kit)
    assert (await restore(kit, keys)).migrated == [f"before_{newest.name[:4]}"]
