"""Out of a database that is written to, and back into one: on SQLite and on PostgreSQL."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import msgspec
import pytest
from sqlalchemy import func, literal, select

from tests.support.backups import Keys, create, restore, settings, unheard, verify
from tests.support.exposed import scrape
from tests.support.facts import facts
from tests.support.services.postgres import Postgres
from tests.support.world import World, environment, open_world
from watchword.app.building import open_kit
from watchword.app.settings import read
from watchword.kernel.ids import DEFAULT_TENANT, TenantId
from watchword.migrations import migrate
from watchword.migrations.known import HERE
from watchword.operations.audit.service import Auditor
from watchword.operations.backup.service import Kit
from watchword.operations.metrics.service import Gauges
from watchword.plumbing.db.dumps.contents import RoleMissing
from watchword.plumbing.db.dumps.looking import SeesOneTenant
from watchword.plumbing.db.scope import Scope
from watchword.plumbing.db.statements import statement
from watchword.plumbing.ports import Eraser
from watchword.records.backups.rules import MANIFEST, signed
from watchword.records.erasures.rules import OPERATOR
from watchword.records.erasures.service import Erasures
from watchword.records.subscribers.store import users

PEOPLE = statement(select(func.count().label("number")).select_from(users))
ALICE = statement(select(users.c.id).where(users.c.email == literal("alice@example.org")))
ELSEWHERE = UUID("00000000-0000-7000-8000-0000000000ff")
SUSPEND = (
    "INSERT INTO auth.suppressions (address_key, reason, address, source, since, withheld)"
    " VALUES ($1, 'bounce', $1, 'ses', now(), 0)"
)
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


@pytest.mark.req("N-105")
async def test_what_cannot_be_restored_is_told_as_not_whole(
    database_url: str, tmp_path: Path, keys: Keys, scratch: dict[str, str]
) -> None:
    async with open_world(database_url, tmp_path, **settings(tmp_path, keys, **scratch)) as world:
        made = await create(world)
        assert (await verify(world, keys)).whole
        vault = world.part(Kit).vault
        world.clock.advance(timedelta(minutes=1))
        more = msgspec.structs.replace(made, rows={**made.rows, "users": 7})
        await vault.storage.put(f"{made.id}/{MANIFEST}", signed(more, vault.peppers))
        verdict = await verify(world, keys)
        assert verdict.faults, "it has not the rows that it says it has"
        told = [fact.facts["whole"] for fact in await facts(world, "backup.verified")]
        assert sorted(told) == [False, True]
        await world.house.part(Gauges).look()
        assert (await scrape(world)).value("backup_last_verify_good") == 0


@pytest.fixture
def reader(postgres_url: str, postgres_server: Postgres) -> Iterator[str]:
    """Yield the address of the database for a role that reads everything and whom no policy binds."""
    parts = urlsplit(postgres_url)
    role, password = f"backup_{parts.path[1:]}", "a password: with 'signs' and \\"
    postgres_server.execute(
        f"CREATE ROLE {role} LOGIN BYPASSRLS PASSWORD $word${password}$word$",
        f"GRANT pg_read_all_data TO {role}",
    )
    where = parts.netloc.rpartition("@")[2]
    yield urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{where}"))
    postgres_server.execute(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


async def suspended(url: str, *tenants: UUID) -> int:
    """Withhold an address for each tenant; return how many there are that this role sees."""
    for tenant in tenants:
        connection = await asyncpg.connect(url, server_settings={"watchword.tenant": str(tenant)})
        await connection.execute(SUSPEND, f"{tenant}@example.org")
        await connection.close()
    connection = await asyncpg.connect(url, server_settings={"watchword.tenant": str(ELSEWHERE)})
    number: int = await connection.fetchval("SELECT count(*) FROM auth.suppressions")
    await connection.close()
    return number


@pytest.mark.req("D-28")
async def test_a_role_that_reads_everything_dumps_what_the_one_that_serves_may_not(
    postgres_url: str, reader: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys, BACKUP_DATABASE_URL=reader)
    async with open_world(postgres_url, tmp_path, **given) as world:
        await world.subscriber()
        manifest = await create(world)
        kit = world.part(Kit)
    assert manifest.rows["users"] == 1
    await restore(kit, keys, force=True)
    async with open_world(postgres_url, tmp_path, **given) as world:
        assert await people(world) == 1


@pytest.mark.req("M-48", "N-104", "N-105")
async def test_rows_of_all_tenants_are_dumped_and_come_back(
    postgres_url: str, reader: str, postgres_server: Postgres, tmp_path: Path, keys: Keys
) -> None:
    scratch = postgres_server.create_database(f"{urlsplit(postgres_url).path[1:]}_all")
    given = settings(tmp_path, keys, BACKUP_DATABASE_URL=reader, BACKUP_SCRATCH_URL=scratch)
    async with open_world(postgres_url, tmp_path, **given) as world:
        await suspended(postgres_url, DEFAULT_TENANT, ELSEWHERE)
        manifest = await create(world)
        assert (await verify(world, keys)).faults == []
        kit = world.part(Kit)
    assert manifest.rows["suppressions"] == 2
    await restore(kit, keys, force=True)
    assert await suspended(reader) == 2
    assert await suspended(postgres_url) == 1, "who serves is bound by the policies again"
    postgres_server.drop_database(urlsplit(scratch).path[1:])


@pytest.mark.req("M-48", "D-31", "D-32")
async def test_after_a_restoration_people_of_every_tenant_are_signed_out_or_erased_anew(
    postgres_url: str, reader: str, tmp_path: Path, keys: Keys
) -> None:
    given = settings(tmp_path, keys, BACKUP_DATABASE_URL=reader)
    scopes = [Scope(), Scope(tenant=TenantId(ELSEWHERE))]
    for scope, bob in zip(scopes, ("bob@example.org", "bob@example.net"), strict=True):
        async with open_world(postgres_url, tmp_path, scope=scope, **given) as world:
            await world.subscriber()
            await world.subscriber(bob)
            async with world.client() as client:
                await world.sign_in(client, bob, transport="cookie")
    async with open_world(postgres_url, tmp_path, **given) as world:
        await create(world)
        kit = world.part(Kit)
    for scope in scopes:
        async with open_world(postgres_url, tmp_path, scope=scope, **given) as world:
            [alice] = await world.database.all(ALICE)
            await world.part(Eraser).erase(alice.id, OPERATOR)
    done = await restore(kit, keys, force=True)
    assert (done.erased_anew, done.sessions_ended) == (2, 2)
    for scope in scopes:
        async with open_world(postgres_url, tmp_path, scope=scope, **given) as world:
            assert await world.database.all(ALICE) == []
            assert len(await facts(world, "backup.restored")) == 1
            assert [each async for each in world.part(Erasures).tombstones(world.database)]
            assert (await world.part(Auditor).verify([], unheard, cold_too=False)).faults == []


@pytest.mark.req("M-48")
async def test_where_tenants_have_roles_who_sees_one_of_them_makes_no_backup(
    postgres_url: str, reader: str, postgres_server: Postgres, tmp_path: Path, keys: Keys
) -> None:
    clinic = f"clinic_{urlsplit(postgres_url).path[1:]}"
    scratch = postgres_server.create_database(f"{clinic}_scratch")
    postgres_server.execute(f"CREATE ROLE {clinic} LOGIN")
    async with open_world(postgres_url, tmp_path, **settings(tmp_path, keys)) as world:
        connection = await asyncpg.connect(postgres_url)
        await connection.execute(
            f"CREATE POLICY theirs ON auth.users AS RESTRICTIVE TO {clinic} USING (false)"
        )
        with pytest.raises(SeesOneTenant):
            await create(world)
    given = settings(tmp_path, keys, BACKUP_DATABASE_URL=reader, BACKUP_SCRATCH_URL=scratch)
    async with open_world(postgres_url, tmp_path, **given) as world:
        await create(world)
        kit = world.part(Kit)
    await connection.execute("DROP POLICY theirs ON auth.users")
    await connection.close()
    postgres_server.execute(f"DROP ROLE {clinic}")
    with pytest.raises(RoleMissing, match=clinic):
        await restore(kit, keys, force=True)
    async with open_world(postgres_url, tmp_path, **given) as world:
        [fault] = (await verify(world, keys)).faults
        assert clinic in fault
    postgres_server.drop_database(f"{clinic}_scratch")
    assert (await kit.dumps.look()).rows["users"] == 0, "the database is as it was"


async def test_accounts_of_others_are_not_taken_for_an_empty_database(
    postgres_url: str, tmp_path: Path, keys: Keys
) -> None:
    async with open_world(postgres_url, tmp_path, **settings(tmp_path, keys)) as world:
        kit = world.part(Kit)
        assert await kit.dumps.people() == 0
        await world.subscriber()
    other = await asyncpg.connect(
        postgres_url, server_settings={"watchword.tenant": str(DEFAULT_TENANT)}
    )
    await other.execute("DELETE FROM auth.users")
    await other.close()
    assert await kit.dumps.people() == 1


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


async def test_views_that_an_older_schema_has_not_yet_are_made_where_it_is_restored(
    postgres_server: Postgres, postgres_names: Iterator[str], tmp_path: Path, keys: Keys
) -> None:
    older, number = tmp_path / "older", 0
    shutil.copytree(HERE / "before", older / "before")
    for path in sorted((older / "before").glob("0*.py")):
        if path.name >= "0020":
            path.unlink()
            number += 1
    name = next(postgres_names)
    url = postgres_server.create_database(name)
    await migrate.up(url, home=older)
    async with open_world(url, tmp_path, **settings(tmp_path, keys)) as world:
        await create(world)
        kit = world.part(Kit)
    await migrate.up(url)
    async with open_world(url, tmp_path, **settings(tmp_path, keys)) as world:
        await world.subscriber()
    done = await restore(kit, keys, force=True)
    assert len(done.migrated) == number
    connection = await asyncpg.connect(
        url, server_settings={"watchword.tenant": str(DEFAULT_TENANT)}
    )
    assert await connection.fetchval("SELECT max(action) FROM audit.audit_log") == "backup.restored"
    assert await connection.fetchval("SELECT count(*) FROM auth.patients") == 0
    await connection.close()
    postgres_server.drop_database(name)
